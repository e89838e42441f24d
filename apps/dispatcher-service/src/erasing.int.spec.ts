import { randomUUID } from 'node:crypto';
import { CONVERSIONS_SOURCE, encodeEvent, type ConversionErased } from '@ringback/contracts';
import { eventually } from '@ringback/testbed';
import { conversionCreated } from './testing/conversion-event.js';
import { DispatchersUnderTest } from './testing/dispatchers-under-test.js';

const IP = '203.0.113.24';
const USER_ID = 'u-77120';

describe('a conversion whose personal data is erased', () => {
  let spec: DispatchersUnderTest;
  const event = () =>
    conversionCreated({
      revision: spec.author.revision,
      conversion: { ip: IP, userId: USER_ID, sub1: 'banner', params: { a: '1%', b: '2' } },
    });
  const erase = (conversionId: string) => {
    const time = new Date().toISOString();
    const erased: ConversionErased = {
      specversion: '1.0',
      id: randomUUID(),
      source: CONVERSIONS_SOURCE,
      type: 'ConversionErased',
      time,
      data: { conversionId, erasedAt: time },
    };
    return spec.publishRaw({ key: conversionId, value: encodeEvent(erased) });
  };
  const looked = (conversionId: string) =>
    eventually(
      async () => (await spec.count('dispatcher.erasure where conversion_id = $1 and looked_at is not null', [conversionId])) === 1,
    );
  /** Everything that is stored of a conversion, as text, bytes included. */
  const stored = async (conversionId: string): Promise<string> => {
    const rows = await spec.rows<{ row: string }>(
      `select delivery::text || coalesce(encode(exchange, 'escape'), '') as row from dispatcher.delivery where conversion_id = $1
       union all select attempt::text || coalesce(encode(attempt.exchange, 'escape'), '') from dispatcher.delivery_attempt as attempt
       union all select parked::text from dispatcher.parked where conversion_id = $1
       union all select encode(event, 'escape') from dispatcher.parked_event
       union all select coalesce(encode(value, 'escape'), '') from dispatcher.dead_letter`,
      [conversionId],
    );
    return rows.map(({ row }) => row).join('\n');
  };

  beforeAll(async () => {
    spec = await DispatchersUnderTest.start();
    const { author, receiver } = spec;
    const query = 'ip={ip}&user={user_id}&sub={sub1}';
    await spec.configure(
      author.callback(1, { url: `${receiver.url}/good?${query}` }),
      author.callback(2, { url: `${receiver.url}/bad?${query}` }),
      author.callback(3, { url: `${receiver.url}/redirects?${query}` }),
    );
    receiver.answer(({ path, rawUrl }) => {
      if (path === '/bad') return { status: 503, body: `no: ${rawUrl}` };
      if (path === '/redirects') return { status: 302, headers: { location: `https://elsewhere.example/?for=${IP}` } };
      return { body: `got ${rawUrl}` };
    });
    await spec.run();
  });
  afterAll(() => spec.stop());

  it('is in the log without it: requests, answers, what errors quote, and what parked deliveries are sent from', async () => {
    const { receiver } = spec;
    const made = event();
    const { id } = made.data.conversion;
    await spec.publish(made);
    await eventually(async () => (await spec.count('dispatcher.delivery')) === 2 && (await spec.count('dispatcher.parked')) === 1);
    expect(receiver.on('/good')[0]!.rawUrl).toContain(IP);
    const before = await stored(id);
    expect(before).toContain(USER_ID);
    expect(before).toContain(`for=${IP}`);

    await erase(id);
    await looked(id);
    const after = await stored(id);
    expect(after).not.toContain(IP);
    expect(after).not.toContain(USER_ID);
    expect(after).toContain('banner');
    expect(await spec.rows('select status, http_status, error from dispatcher.delivery order by callback_id')).toEqual([
      { status: 'delivered', http_status: 200, error: null },
      { status: 'exhausted', http_status: 302, error: 'erased with the personal data of the conversion' },
    ]);

    await spec.db.query('update dispatcher.parked set due_at = now()');
    await spec.db.query("update dispatcher.parked_queue set next_due_at = now(), held_until = '-infinity'");
    await eventually(() => receiver.on('/bad').length === 2, { timeoutMs: 20_000 });
    expect(receiver.on('/bad')[1]!.rawUrl).toBe('/bad?ip=&user=&sub=banner');
  });

  it('keeps nothing of it either when its events come again, and what was never sent goes out without it', async () => {
    const { receiver } = spec;
    const made = event();
    const { id } = made.data.conversion;
    await spec.publish(made);
    await eventually(async () => (await spec.count('dispatcher.delivery where conversion_id = $1', [id])) === 2);
    await erase(id);
    await looked(id);
    const sent = receiver.on('/good').length;
    await spec.db.query('delete from dispatcher.delivery where conversion_id = $1 and callback_id = 1', [id]);
    await spec.publish(made, made);
    await eventually(() => receiver.on('/good').length === sent + 1);
    expect(receiver.on('/good').at(-1)!.rawUrl).toBe('/good?ip=&user=&sub=banner');
    await eventually(async () => (await spec.count('dispatcher.delivery where conversion_id = $1', [id])) === 2);
    expect(await stored(id)).not.toContain(IP);
  });

  it('is not in its dead letters', async () => {
    const tooOld = conversionCreated({
      revision: spec.author.revision,
      conversion: { ip: IP, userId: USER_ID },
      recordedAtMs: Date.now() - 40 * 24 * 60 * 60 * 1000,
    });
    const { id } = tooOld.data.conversion;
    await spec.publish(tooOld);
    await spec.publishRaw({ key: id, value: Buffer.from(`{"ip":"${IP}"`) });
    await eventually(async () => (await spec.count('dispatcher.dead_letter where key = $1', [Buffer.from(id)])) === 2);
    await erase(id);
    await looked(id);
    const letters = await spec.rows<{ value: Buffer | null; reason: string }>(
      'select value, reason from dispatcher.dead_letter where key = $1 order by reason',
      [Buffer.from(id)],
    );
    expect(letters.map(({ value }) => value?.toString().includes(IP) ?? 'gone')).toEqual([false, 'gone']);
    expect(letters.map(({ reason }) => reason.split(':')[0])).toEqual(['too-old', 'unreadable']);
  });
});
