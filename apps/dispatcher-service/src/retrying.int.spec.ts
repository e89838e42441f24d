import { eventually, HeldClock, type Answering } from '@ringback/testbed';
import { conversionCreated } from './testing/conversion-event.js';
import { DispatchersUnderTest, type RunningDispatcher } from './testing/dispatchers-under-test.js';

const DAY_MS = 24 * 60 * 60 * 1000;

describe('a delivery that fails', () => {
  let spec: DispatchersUnderTest;
  let service: RunningDispatcher;
  const clock = new HeldClock(Date.now());
  const answers = new Map<string, Answering>();

  beforeAll(async () => {
    spec = await DispatchersUnderTest.start();
    spec.receiver.answer((request) => {
      const answer = answers.get(request.path) ?? {};
      return typeof answer === 'function' ? answer(request) : answer;
    });
    service = await spec.run({}, clock.now);
  });
  afterAll(() => spec.stop());

  const publishTo = async (id: number, affiliateId: number, setting = {}) => {
    await spec.configure(spec.author.callback(id, { affiliateId, url: `${spec.receiver.url}/${id}`, ...setting }));
    await spec.publish(conversionCreated({ revision: spec.author.revision, conversion: { affiliateId }, recordedAtMs: clock.now() }));
  };
  const parkedAt = async (id: number, attempts: number) =>
    eventually(async () => {
      const [row] = await spec.rows<{ due: number }>(
        `select extract(epoch from due_at)::float8 * 1000 as due from dispatcher.parked
         where callback_id = $1 and attempts = $2 and lease_token is null`,
        [id, attempts],
      );
      return row?.due;
    });
  const settled = (id: number) =>
    eventually(async () => {
      const [row] = await spec.rows<{ status: string; attempts: number; error: string | null }>(
        'select status, attempts, error from dispatcher.delivery where callback_id = $1',
        [id],
      );
      return row;
    });

  it('is tried again on schedule until it is delivered, with one id', async () => {
    answers.set('/1', ({ index }) => (index < 2 ? { status: 500 } : {}));
    await publishTo(1, 1, { retry: 'short' });
    const firstDue = await parkedAt(1, 1);
    expect(firstDue! - clock.now()).toBeGreaterThanOrEqual(4_000);
    expect(firstDue! - clock.now()).toBeLessThanOrEqual(6_000);

    clock.set(firstDue! - 1);
    service.dispatcher.parked.wake();
    clock.set(firstDue!);
    service.dispatcher.parked.wake();
    const secondDue = await parkedAt(1, 2);
    expect(spec.receiver.on('/1')).toHaveLength(2);
    clock.set(secondDue!);
    service.dispatcher.parked.wake();

    expect(await settled(1)).toEqual({ status: 'delivered', attempts: 3, error: null });
    expect(new Set(spec.receiver.on('/1').map(({ webhookId }) => webhookId)).size).toBe(1);
    expect(await spec.count('dispatcher.delivery_attempt')).toBe(2);
    expect(await spec.count('dispatcher.parked')).toBe(0);
  });

  it('is exhausted when its schedule is', async () => {
    answers.set('/2', { status: 500 });
    await publishTo(2, 2, { retry: 'short' });
    for (let attempts = 1; attempts < 7; attempts++) {
      clock.set((await parkedAt(2, attempts))!);
      service.dispatcher.parked.wake();
    }
    expect(await settled(2)).toEqual({ status: 'exhausted', attempts: 7, error: 'answered 500' });
    expect(spec.receiver.on('/2')).toHaveLength(7);
  });

  it('is exhausted at once by a redirection', async () => {
    answers.set('/3', { status: 302, headers: { location: 'https://elsewhere.example/' } });
    await publishTo(3, 3);
    expect(await settled(3)).toEqual({ status: 'exhausted', attempts: 1, error: 'redirects to https://elsewhere.example/' });
  });

  it('is tried again after a time-out and a torn connection', async () => {
    answers.set('/4', ({ index }) => (spec.receiver.on('/4')[0]!.index === index ? 'hang' : {}));
    await publishTo(4, 4, { timeoutMs: 300 });
    clock.set((await parkedAt(4, 1))!);
    service.dispatcher.parked.wake();
    expect(await settled(4)).toEqual({ status: 'delivered', attempts: 2, error: null });
    answers.set('/5', ({ index }) => (spec.receiver.on('/5')[0]!.index === index ? 'reset' : {}));
    await publishTo(5, 5);
    clock.set((await parkedAt(5, 1))!);
    service.dispatcher.parked.wake();
    expect(await settled(5)).toEqual({ status: 'delivered', attempts: 2, error: null });
  });

  it('is cancelled when its callback was deleted since, and sent as the callback is today when it was edited', async () => {
    answers.set('/6', { status: 500 });
    answers.set('/7', { status: 500 });
    await publishTo(6, 6);
    await publishTo(7, 7);
    await Promise.all([parkedAt(6, 1), parkedAt(7, 1)]);
    await spec.configure(spec.author.deleteCallback(6), spec.author.callback(7, { url: `${spec.receiver.url}/7-mended` }));
    await eventually(() => service.dispatcher.index.revision === spec.author.revision);
    clock.set(Math.max((await parkedAt(6, 1))!, (await parkedAt(7, 1))!));
    service.dispatcher.parked.wake();
    expect(await settled(6)).toEqual({ status: 'cancelled', attempts: 1, error: 'the callback was deleted' });
    expect(await settled(7)).toEqual({ status: 'delivered', attempts: 2, error: null });
    expect(spec.receiver.on('/7-mended')).toHaveLength(1);
  });

  it('waits while its callback is disabled, untouched, and goes on when it is enabled', async () => {
    answers.set('/8', { status: 500 });
    await publishTo(8, 8);
    const due = await parkedAt(8, 1);
    await spec.configure(spec.author.callback(8, { enabled: false }));
    await eventually(() => service.dispatcher.index.revision === spec.author.revision);
    clock.set(due!);
    service.dispatcher.parked.wake();
    await eventually(async () => (await spec.count(`dispatcher.parked_queue where callback_id = 8 and held_until > '-infinity'`)) === 1);
    expect(spec.receiver.on('/8')).toHaveLength(1);

    answers.delete('/8');
    await spec.configure(spec.author.callback(8, { enabled: true }));
    expect(await settled(8)).toEqual({ status: 'delivered', attempts: 2, error: null });
  });

  it('is given up when it waited for longer than its schedule and seven days', async () => {
    answers.set('/9', { status: 500 });
    await publishTo(9, 9, { retry: 'short' });
    await parkedAt(9, 1);
    await spec.configure(spec.author.callback(9, { enabled: false }));
    await eventually(() => service.dispatcher.index.revision === spec.author.revision);
    clock.advance(8 * DAY_MS);
    await service.dispatcher.parked.expire();
    expect(await settled(9)).toEqual({ status: 'exhausted', attempts: 1, error: 'waited for too long' });
  });
});
