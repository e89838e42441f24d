import { eventually, type Answer } from '@ringback/testbed';
import { conversionCreated } from '../testing/conversion-event.js';
import { DispatchersUnderTest } from '../testing/dispatchers-under-test.js';

/** Raises for the first `times` rows of `dispatcher.delivery` that match, whatever is rolled back: sequences are not. */
function failingTrigger(times: number, condition: string, sqlstate: string): string {
  return `
    create sequence spec_failures;
    create function spec_fail() returns trigger language plpgsql as $$
    begin
      if ${condition} and nextval('spec_failures') <= ${times} then raise exception 'refused by the spec' using errcode = '${sqlstate}'; end if;
      return new;
    end $$;
    create trigger spec_fail before insert on dispatcher.delivery for each row execute function spec_fail();`;
}
const NO_TRIGGER = 'drop trigger spec_fail on dispatcher.delivery; drop function spec_fail(); drop sequence spec_failures;';

describe('recording', () => {
  let spec: DispatchersUnderTest;
  const publish = (count: number, affiliateId: number) =>
    spec.publish(
      ...Array.from({ length: count }, () => conversionCreated({ revision: spec.author.revision, conversion: { affiliateId } })),
    );
  const logged = (callbackId: number) => spec.count('dispatcher.delivery where callback_id = $1', [callbackId]);

  beforeAll(async () => {
    spec = await DispatchersUnderTest.start();
    await spec.configure(
      ...[1, 2, 3, 4, 5].map((id) => spec.author.callback(id, { affiliateId: id, url: `${spec.receiver.url}/${id}`, retry: 'short' })),
    );
    await spec.run();
  });
  afterAll(() => spec.stop());

  it('that fails ten times in a row makes no request twice', async () => {
    await spec.db.query(failingTrigger(10, 'new.callback_id = 1', 'P0001'));
    await publish(20, 1);
    await eventually(async () => (await logged(1)) === 20, { timeoutMs: 20_000 });
    const [{ failures }] = (await spec.rows<{ failures: string }>('select last_value as failures from spec_failures')) as [
      { failures: string },
    ];
    expect(Number(failures)).toBeGreaterThan(10);
    await spec.db.query(NO_TRIGGER);
    expect(spec.receiver.on('/1')).toHaveLength(20);
    expect(spec.receiver.repeats).toBe(0);
  });

  it('whose data PostgreSQL refuses writes the row without its exchange, and its neighbours whole', async () => {
    await spec.db.query(
      failingTrigger(
        1_000_000,
        "new.callback_id = 2 and convert_from(substring(new.exchange from 5), 'SQL_ASCII') like '%poison%'",
        '22021',
      ),
    );
    spec.receiver.answer(({ index }): Answer => ({ body: index % 5 === 0 ? 'poison' : 'well' }));
    await publish(20, 2);
    await eventually(async () => (await logged(2)) === 20, { timeoutMs: 20_000 });
    await spec.db.query(NO_TRIGGER);
    spec.receiver.answer({});
    expect(spec.receiver.on('/2')).toHaveLength(20);
    const rows = await spec.rows<{ exchange_lost: boolean; error: string | null; n: string }>(
      `select exchange_lost, error, count(*) as n from dispatcher.delivery where callback_id = 2 and status = 'delivered'
       group by exchange_lost, error order by exchange_lost`,
    );
    expect(rows).toEqual([
      { exchange_lost: false, error: null, n: '16' },
      { exchange_lost: true, error: 'the exchange could not be stored', n: '4' },
    ]);
  });

  it('sets the event of a row aside that PostgreSQL refuses whatever is left out, and goes on', async () => {
    await spec.db.query(failingTrigger(1_000_000, 'new.callback_id = 5', '23514'));
    await publish(1, 5);
    await publish(5, 3);
    await eventually(async () => (await logged(3)) === 5, { timeoutMs: 30_000 });
    await spec.db.query(NO_TRIGGER);
    const letters = await spec.rows<{ reason: string }>('select reason from dispatcher.dead_letter');
    expect(letters).toEqual([{ reason: expect.stringMatching(/^unrecordable: .*refused by the spec/) }]);
    expect(spec.receiver.on('/5')).toHaveLength(1);
    await spec.db.query('delete from dispatcher.delivery where callback_id = 3');
    spec.receiver.clear();
  });

  it('takes answers of NUL bytes and broken UTF-8, delivered or not', async () => {
    const bytes = Buffer.from([0, 0xc3, 0x28, 0xff, 0, 0xed, 0xa0, 0x80]);
    spec.receiver.answer(({ index }): Answer => ({
      status: index % 2 === 0 ? 200 : 500,
      headers: { 'x-odd': '\u00ff\u00e9' },
      body: bytes,
    }));
    await publish(10, 3);
    await eventually(async () => (await logged(3)) + (await spec.count('dispatcher.parked where callback_id = 3')) === 10);
    spec.receiver.answer({});
    expect(spec.receiver.on('/3').length).toBe(10);
    expect(await spec.count('dispatcher.delivery_attempt')).toBe(await spec.count('dispatcher.parked where callback_id = 3'));
  });

  it('cuts an answer off at 64 KiB, and what was answered counts', async () => {
    spec.receiver.answer({ body: Buffer.alloc(1024 * 1024, 'x') });
    await publish(3, 4);
    await eventually(async () => (await logged(4)) === 3);
    spec.receiver.answer({});
    expect(spec.receiver.on('/4')).toHaveLength(3);
    const sizes = await spec.rows<{ bytes: number }>('select length(exchange) as bytes from dispatcher.delivery where callback_id = 4');
    for (const { bytes } of sizes) expect(bytes).toBeLessThan(1_500);
  });
});
