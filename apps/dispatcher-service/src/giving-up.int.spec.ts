import type { DeliveryAnnouncement } from '@ringback/contracts';
import { eventually, HeldClock, type Answering } from '@ringback/testbed';
import { ensureDayPartitions } from './schema/day-partitions.js';
import { conversionCreated } from './testing/conversion-event.js';
import { DispatchersUnderTest, type RunningDispatcher } from './testing/dispatchers-under-test.js';

const HOUR_MS = 60 * 60 * 1000;
const DAY_MS = 24 * HOUR_MS;

describe('what does not work is given up, and said so', () => {
  let spec: DispatchersUnderTest;
  let service: RunningDispatcher;
  const clock = new HeldClock(Date.parse('2026-11-18T09:00:00.000Z'));
  const answers = new Map<string, Answering>();

  beforeAll(async () => {
    spec = await DispatchersUnderTest.start();
    await ensureDayPartitions(spec.db, clock.now(), 30);
    await ensureDayPartitions(spec.db, clock.now() + 15 * DAY_MS, 30);
    spec.receiver.answer((request) => {
      const answer = answers.get(request.path) ?? {};
      return typeof answer === 'function' ? answer(request) : answer;
    });
    service = await spec.run({}, clock.now);
  });
  afterAll(() => spec.stop());

  const configure = async (id: number, setting = {}) => {
    await spec.configure(spec.author.callback(id, { affiliateId: id, url: `${spec.receiver.url}/${id}`, ...setting }));
    await eventually(() => service.dispatcher.index.revision === spec.author.revision);
  };
  const convert = (id: number, count = 1) =>
    spec.publish(
      ...Array.from({ length: count }, () =>
        conversionCreated({ revision: spec.author.revision, conversion: { affiliateId: id }, recordedAtMs: clock.now() }),
      ),
    );
  const announcedOf = async (id: number): Promise<DeliveryAnnouncement[]> =>
    (await spec.announcements()).filter(({ data }) => data.callbackId === id);
  const typesOf = async (id: number) => (await announcedOf(id)).map(({ type, data }) => ('days' in data ? `${type} ${data.days}` : type));
  const attemptsOf = async (id: number) => {
    const [row] = await spec.rows<{ attempts: number }>(
      'select failed_attempts as attempts from dispatcher.callback_health where callback_id = $1',
      [id],
    );
    return row?.attempts ?? 0;
  };
  /** Three conversions, each of which fails once more on this day. */
  const failThrice = async (id: number) => {
    const before = await attemptsOf(id);
    await convert(id, 3);
    await eventually(async () => (await attemptsOf(id)) >= before + 3);
  };

  it('after one day, after three, and after five without one success', async () => {
    answers.set('/1', { status: 401 });
    // No retry of theirs is due while this goes on: what fails is what is counted here.
    await configure(1, { retry: 'long' });
    for (const days of [0, 1, 3]) {
      clock.set(Date.parse('2026-11-18T09:00:00.000Z') + days * DAY_MS);
      await spec.db.query(`update dispatcher.parked set due_at = due_at + interval '20 days' where callback_id = 1`);
      await failThrice(1);
    }
    await eventually(async () => (await typesOf(1)).length === 2);
    expect(await typesOf(1)).toEqual(['CallbackFailing 1', 'CallbackFailing 3']);
    clock.advance(2 * DAY_MS);
    await failThrice(1);
    await eventually(async () => (await typesOf(1)).length === 3);
    const [, , disabled] = await announcedOf(1);
    expect(disabled).toMatchObject({
      type: 'CallbackDisabled',
      data: {
        callbackId: 1,
        version: 1,
        offerId: 1,
        reason: expect.stringMatching(/^no success since 2026-11-18T09:00:00.000Z, 1[0-2] failed attempts$/),
        failingSince: '2026-11-18T09:00:00.000Z',
      },
    });
  });

  it('at once by a 410: nothing more is sent, the queue is kept, and goes out when it is enabled again', async () => {
    answers.set('/2', { status: 410 });
    await configure(2);
    await convert(2);
    await eventually(async () => (await typesOf(2)).length === 1);
    expect(await announcedOf(2)).toMatchObject([
      { type: 'CallbackDisabled', data: { version: 1, reason: 'answered 410', failingSince: null } },
    ]);

    // Nobody has told the dispatcher so yet, and it sends no more.
    await convert(2, 2);
    clock.advance(HOUR_MS);
    service.dispatcher.parked.wake();
    await eventually(async () => (await spec.count('dispatcher.parked where callback_id = 2 and lease_token is null')) === 3);
    await eventually(async () => (await spec.count(`dispatcher.parked_queue where callback_id = 2 and held_until > '-infinity'`)) === 1);
    expect(spec.receiver.on('/2')).toHaveLength(1);

    answers.delete('/2');
    await configure(2, { enabled: false, disabledReason: 'answered 410' });
    await configure(2, { enabled: true, disabledReason: null });
    await eventually(async () => (await spec.count(`dispatcher.delivery where callback_id = 2 and status = 'delivered'`)) === 3);
    expect(spec.receiver.on('/2')).toHaveLength(4);
    expect(await spec.count('dispatcher.callback_health where callback_id = 2')).toBe(0);
  });

  it('is not given up by an admin’s edit that came in between: the next version is sent', async () => {
    answers.set('/3', { status: 410 });
    await configure(3);
    await convert(3);
    await eventually(async () => (await typesOf(3)).length === 1);
    await configure(3, { url: `${spec.receiver.url}/3-mended` });
    await eventually(async () => {
      clock.advance(HOUR_MS);
      service.dispatcher.parked.wake();
      return (await spec.count(`dispatcher.delivery where callback_id = 3 and status = 'delivered'`)) === 1;
    });
    expect(spec.receiver.on('/3-mended')).toHaveLength(1);
  });

  it('another dispatcher learns of it and sends no more either', async () => {
    answers.set('/4', { status: 410 });
    await configure(4);
    const other = await spec.run({}, clock.now);
    await convert(4);
    await eventually(async () => (await typesOf(4)).length === 1);
    await eventually(() => [service, other].every(({ dispatcher }) => dispatcher.index.today(4).kind === 'disabled'));
    await other.stop();
  });

  it('each exhausted delivery is announced once', async () => {
    answers.set('/5', { status: 302, headers: { location: 'https://elsewhere.example/' } });
    await configure(5);
    await convert(5, 20);
    await eventually(async () => (await announcedOf(5)).length >= 20);
    const logged = await spec.rows<{ id: string }>('select id from dispatcher.delivery where callback_id = 5 order by id');
    const announced = await announcedOf(5);
    expect(announced.map(({ data }) => 'deliveryId' in data && data.deliveryId).sort()).toEqual(logged.map(({ id }) => id));
    expect(announced[0]).toMatchObject({
      type: 'DeliveryExhausted',
      data: { callbackId: 5, offerId: 1, affiliateId: 5, attempts: 1, httpStatus: 302, error: 'redirects to https://elsewhere.example/' },
    });
    await eventually(async () => (await spec.count('dispatcher.outbox')) === 0);
  });

  it('a receiver that says when to come again is not asked sooner', async () => {
    answers.set('/6', { status: 503, headers: { 'retry-after': '7200' } });
    await configure(6);
    await convert(6);
    const due = await eventually(async () => {
      const [row] = await spec.rows<{ due: number }>(
        `select extract(epoch from due_at)::float8 * 1000 as due from dispatcher.parked where callback_id = 6 and attempts = 1`,
      );
      return row?.due;
    });
    expect(Math.round(due! - clock.now())).toBe(2 * HOUR_MS);
  });
});
