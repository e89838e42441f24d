import { RETRY_DELAYS_MS } from '@ringback/callbacks';
import { eventually, HeldClock, RecordingReceiver, type Answering } from '@ringback/testbed';
import { ensureDayPartitions } from './schema/day-partitions.js';
import { conversionCreated } from './testing/conversion-event.js';
import { DispatchersUnderTest, type RunningDispatcher } from './testing/dispatchers-under-test.js';

const SECOND_MS = 1_000;
const HOUR_MS = 60 * 60 * SECOND_MS;
const DAY_MS = 24 * HOUR_MS;

describe('when a failed delivery is tried again', () => {
  let spec: DispatchersUnderTest;
  let service: RunningDispatcher;
  const clock = new HeldClock(Date.parse('2026-11-23T12:00:00.000Z'));
  const answers = new Map<string, Answering>();

  beforeAll(async () => {
    spec = await DispatchersUnderTest.start();
    for (const days of [0, 15, 30]) await ensureDayPartitions(spec.db, clock.now() + days * DAY_MS, 30);
    spec.receiver.answer((request) => {
      const answer = answers.get(request.path) ?? {};
      return typeof answer === 'function' ? answer(request) : answer;
    });
    service = await spec.run({}, clock.now);
  });
  afterAll(() => spec.stop());

  const publishTo = async (id: number, setting = {}) => {
    await spec.configure(spec.author.callback(id, { affiliateId: id, url: `${spec.receiver.url}/${id}`, ...setting }));
    await convert(id);
  };
  const convert = async (id: number) => {
    await spec.publish(conversionCreated({ revision: spec.author.revision, conversion: { affiliateId: id }, recordedAtMs: clock.now() }));
  };
  /** When it is due again after so many attempts. */
  const dueAfter = (id: number, attempts: number) =>
    eventually(async () => {
      service.dispatcher.parked.wake();
      const [row] = await spec.rows<{ due: number }>(
        `select extract(epoch from due_at)::float8 * 1000 as due from dispatcher.parked
         where callback_id = $1 and attempts = $2 and lease_token is null`,
        [id, attempts],
      );
      return row === undefined ? undefined : Math.round(row.due);
    });

  it.each([
    ['short', 1],
    ['standard', 2],
    ['long', 3],
  ] as const)('every step of "%s" is waited for, give or take a fifth, then it is exhausted', async (retry, id) => {
    const path = `/${id}`;
    // Only the first delivery fails: where nothing works for five days, the callback is given up before "long" ends.
    answers.set(path, ({ webhookId }) => (webhookId === spec.receiver.on(path)[0]!.webhookId ? { status: 500 } : {}));
    await publishTo(id, { retry });
    const waits = RETRY_DELAYS_MS[retry];
    for (const [index, waitMs] of waits.entries()) {
      const dueAtMs = await dueAfter(id, index + 1);
      expect(dueAtMs! - clock.now()).toBeGreaterThanOrEqual(waitMs * 0.8);
      expect(dueAtMs! - clock.now()).toBeLessThanOrEqual(waitMs * 1.2);
      await convert(id);
      await eventually(async () => (await spec.count(`dispatcher.delivery where callback_id = $1`, [id])) === index + 1);
      clock.set(dueAtMs!);
    }
    const exhausted = await eventually(async () => {
      service.dispatcher.parked.wake();
      return (await spec.rows(`select attempts, error from dispatcher.delivery where callback_id = $1 and status = 'exhausted'`, [id]))[0];
    });
    expect(exhausted).toEqual({ attempts: waits.length + 1, error: 'answered 500' });
    const [first] = spec.receiver.on(path);
    expect(spec.receiver.on(path).filter(({ webhookId }) => webhookId === first!.webhookId)).toHaveLength(waits.length + 1);
  });

  it.each([
    ['seconds', 11, () => '3600', HOUR_MS],
    ['a date', 12, () => new Date(clock.now() + 2 * HOUR_MS).toUTCString(), 2 * HOUR_MS],
    ['more than a day, which is a day', 13, () => '99999999', DAY_MS],
  ])('not before the receiver says so: %s', async (_, id, header, waitMs) => {
    answers.set(`/${id}`, () => ({ status: id === 12 ? 429 : 503, headers: { 'retry-after': header() } }));
    clock.set(Math.ceil(clock.now() / SECOND_MS) * SECOND_MS);
    await publishTo(id);
    expect((await dueAfter(id, 1))! - clock.now()).toBe(waitMs);
  });

  it.each([
    ['negative', 14, '-60'],
    ['past', 15, 'Sun, 06 Nov 1994 08:49:37 GMT'],
    ['no time at all', 16, 'soon'],
    ['less than the schedule', 17, '1'],
  ])('as scheduled when what the receiver says is %s', async (_, id, header) => {
    // At a destination of its own: so many refusals open a breaker.
    const receiver = await RecordingReceiver.start();
    receiver.answer({ status: 503, headers: { 'retry-after': header } });
    await publishTo(id, { url: receiver.url });
    await eventually(() => receiver.requests.length === 1);
    const waitMs = (await dueAfter(id, 1))! - clock.now();
    expect(waitMs).toBeGreaterThanOrEqual(4 * SECOND_MS);
    expect(waitMs).toBeLessThanOrEqual(6 * SECOND_MS);
    await receiver.stop();
  });
});
