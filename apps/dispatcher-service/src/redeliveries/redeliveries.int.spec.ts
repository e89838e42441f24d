import { redeliveryDryRunSchema, redeliverySchema, type Redelivery, type RedeliveryInput } from '@ringback/contracts';
import { eventually } from '@ringback/testbed';
import { RedeliveryRoom } from '../testing/redelivery-room.js';
import { RedeliveriesStore } from './redeliveries.store.js';

describe('redeliveries', () => {
  let room: RedeliveryRoom;
  beforeAll(async () => {
    room = await RedeliveryRoom.start();
  });
  afterAll(() => room.stop());

  const post = (path: string, body?: unknown) => room.service.post(path, body);
  const change = async (id: string, what: 'pause' | 'resume' | 'cancel'): Promise<Redelivery> => {
    const { status, body } = await post(`/v1/redeliveries/${id}/${what}`);
    expect(status).toBe(200);
    return redeliverySchema.parse(body);
  };
  /** Lets time pass, half a second at a time, until the redelivery is as told. */
  const inTime = (id: string, wanted: Partial<Redelivery>) =>
    eventually(async () => {
      const progress = await room.progress(id);
      if (Object.entries(wanted).every(([field, value]) => JSON.stringify(progress[field as keyof Redelivery]) === JSON.stringify(value)))
        return progress;
      room.clock.advance(500);
      return undefined;
    }).then((progress) => progress!);
  const sent = (callbackId: number) => room.spec.receiver.on(`/${callbackId}`).length;

  it('a dry run counts and shows the first ten, and sends nothing', async () => {
    await room.callback(1);
    const events = await room.settle(1, 12);
    const { status, body } = await post('/v1/redeliveries', { ...room.inputOf(1), dryRun: true });
    expect(status).toBe(200);
    const { count, isExact, sample } = redeliveryDryRunSchema.parse(body);
    expect({ count, isExact }).toEqual({ count: 12, isExact: true });
    expect(sample.map(({ id }) => id)).toEqual(events.slice(0, 10).map((event) => room.idOf(event, 1)));
    expect(
      (await post('/v1/redeliveries', { ...room.inputOf(1), dryRun: true, filter: { ...room.inputOf(1).filter, status: 'exhausted' } }))
        .body,
    ).toMatchObject({ count: 0, sample: [] });
    expect(await room.spec.count('dispatcher.redelivery')).toBe(0);
    expect(sent(1)).toBe(12);
  });

  it('sends each once, as many as the time allows and no more, and its progress says so', async () => {
    const { clock, spec } = room;
    await room.callback(2);
    const events = await room.settle(2, 25);
    spec.receiver.clear();
    const { id, ...created } = await room.redeliverAll(2, { ratePerSecond: 10 });
    expect(created).toMatchObject({
      state: 'running',
      ratePerSecond: 10,
      asNew: false,
      createdBy: 'ada@example.com',
      total: 25,
      totalIsExact: true,
      enqueued: 0,
      expectedEndAt: new Date(clock.now() + 2_500).toISOString(),
    });
    clock.advance(1_000);
    await room.reaches(id, { enqueued: 10, delivered: 10, waiting: 0, state: 'running', finishedAt: null });
    expect(sent(2)).toBe(10);
    // What was missed is made up for by a second's worth at most.
    clock.advance(60_000);
    await room.reaches(id, { enqueued: 20, delivered: 20 });
    clock.advance(500);
    await room.reaches(id, { enqueued: 25, delivered: 25, failed: 0, skipped: [], state: 'completed', total: 25, waiting: 0 });
    expect((await room.progress(id)).finishedAt).not.toBeNull();
    expect([...spec.receiver.countsById()].toSorted()).toEqual(events.map((event) => [room.idOf(event, 2), 1]).toSorted());
    expect((await room.service.get('/v1/redeliveries?limit=1')).body).toMatchObject({ items: [{ id, state: 'completed' }] });
    expect((await post(`/v1/redeliveries/${id}/cancel`)).status).toBe(409);
    expect(await room.spec.count('dispatcher.parked')).toBe(0);
  });

  it('never meets what it sent itself, also as new ones within its own range', async () => {
    await room.callback(3);
    const events = await room.settle(3, 30);
    const { id } = await room.redeliverAll(3, { asNew: true, ratePerSecond: 2_000 });
    await inTime(id, { state: 'completed' });
    expect(await room.progress(id)).toMatchObject({ total: 30, delivered: 30 });
    const rows = await room.spec.rows<{ redelivery_of: string }>(
      'select redelivery_of from dispatcher.delivery where callback_id = 3 and redelivery_of is not null',
    );
    expect(rows.map((row) => row.redelivery_of).toSorted()).toEqual(events.map((event) => room.idOf(event, 3)).toSorted());
    expect(sent(3)).toBe(60);
  });

  it('skips with the reason what cannot be sent, and fails what fails', async () => {
    for (const callbackId of [4, 5, 6]) await room.callback(callbackId, { affiliateId: 4, url: `${room.spec.receiver.url}/${callbackId}` });
    const events = await room.settle(4, 4, { conversion: { affiliateId: 4 } });
    await eventually(async () => (await room.spec.count('dispatcher.delivery where affiliate_id = 4')) === 12);
    room.ledger.forget(events[0]!);
    await room.callback(5, { affiliateId: 4, enabled: false });
    await room.spec.configure(room.spec.author.deleteCallback(6));
    await eventually(() => room.service.dispatcher.index.today(6).kind === 'deleted');
    room.spec.receiver.answer(({ path, index }) => (path === '/4' && index % 2 === 0 ? { status: 404 } : {}));
    room.ledger.maxItems = 1;
    const { filter } = room.inputOf(4);
    const { id } = await room.redeliverAll(4, { filter: { ...filter, callbackId: undefined, affiliateId: 4 }, ratePerSecond: 100 });
    const done = await inTime(id, { state: 'completed' });
    room.ledger.maxItems = Infinity;
    room.spec.receiver.answer({});
    expect(done).toMatchObject({
      total: 12,
      enqueued: 3,
      skipped: [
        { reason: 'callback-deleted', count: 4 },
        { reason: 'callback-disabled', count: 4 },
        { reason: 'event-gone', count: 1 },
      ],
    });
    expect(done.delivered + done.failed).toBe(3);
    expect(done.failed).toBeGreaterThan(0);
  });

  it('one whose callback is deleted after it was given out counts as skipped, and its delivery stays as it was', async () => {
    const { spec } = room;
    await room.callback(7);
    const [event] = await room.settle(7, 1);
    await spec.db.query(`insert into dispatcher.pause (scope, key, created_by, created_at) values ('callback', '7', 'spec', now())`);
    await room.service.dispatcher.parked.look();
    const { id } = await room.redeliverAll(7);
    await inTime(id, { enqueued: 1 });
    await spec.configure(spec.author.deleteCallback(7));
    await eventually(() => room.service.dispatcher.index.today(7).kind === 'deleted');
    await spec.db.query('delete from dispatcher.pause');
    await room.service.dispatcher.parked.look();
    await room.reaches(id, { state: 'completed', enqueued: 0, skipped: [{ reason: 'callback-deleted', count: 1 }], total: 1 });
    expect(await room.detail(room.idOf(event!, 7))).toMatchObject({ status: 'delivered', attempts: 1 });
  });

  it('a pause holds what is given out, a resumption lets it go, and both may be said twice', async () => {
    const { spec, clock } = room;
    await room.callback(8);
    await room.settle(8, 40);
    spec.receiver.clear();
    // Nothing is claimed while it is paused as a callback: so all that is given out waits.
    await spec.db.query(`insert into dispatcher.pause (scope, key, created_by, created_at) values ('callback', '8', 'spec', now())`);
    await room.service.dispatcher.parked.look();
    const { id } = await room.redeliverAll(8, { ratePerSecond: 20 });
    clock.advance(1_000);
    await room.reaches(id, { enqueued: 20, waiting: 20 });
    expect(await change(id, 'pause')).toMatchObject({ state: 'paused', waiting: 20, expectedEndAt: null });
    expect(await change(id, 'pause')).toMatchObject({ state: 'paused' });
    await spec.db.query('delete from dispatcher.pause');
    await room.service.dispatcher.parked.look();
    clock.advance(10_000);
    room.service.dispatcher.parked.wake();
    await room.service.dispatcher.parked.look();
    expect(await room.progress(id)).toMatchObject({ state: 'paused', enqueued: 20, waiting: 20, delivered: 0 });
    expect(sent(8)).toBe(0);
    expect(await spec.count('dispatcher.parked where redelivery_id = $1 and due_at = expires_at', [id])).toBe(20);
    const { body } = await room.service.get('/v1/deliveries?callbackId=8&status=waiting');
    expect(body).toMatchObject({ items: Array.from({ length: 20 }, () => ({ nextAttemptAt: null })) });

    await change(id, 'resume');
    expect(await change(id, 'resume')).toMatchObject({ state: 'running' });
    await room.reaches(id, { delivered: 20, waiting: 0 });
    await inTime(id, { state: 'completed' });
    expect([...spec.receiver.countsById().values()]).toEqual(Array.from({ length: 40 }, () => 1));
  });

  it('a cancellation takes back what is not under way: it stands in the log as before, and can be sent again', async () => {
    const { spec, clock } = room;
    await room.callback(9);
    const events = await room.settle(9, 30);
    spec.receiver.clear();
    await spec.db.query(`insert into dispatcher.pause (scope, key, created_by, created_at) values ('callback', '9', 'spec', now())`);
    await room.service.dispatcher.parked.look();
    const { id } = await room.redeliverAll(9, { ratePerSecond: 20 });
    clock.advance(1_000);
    await room.reaches(id, { enqueued: 20, waiting: 20 });
    expect(await change(id, 'cancel')).toMatchObject({ state: 'cancelled', enqueued: 20, withdrawn: 20, waiting: 0, total: 30 });
    expect(await change(id, 'cancel')).toMatchObject({ state: 'cancelled' });
    expect((await post(`/v1/redeliveries/${id}/resume`)).body).toMatchObject({
      status: 409,
      detail: expect.stringContaining('is cancelled'),
    });
    await spec.db.query('delete from dispatcher.pause');
    await room.service.dispatcher.parked.look();
    clock.advance(5_000);
    expect(await spec.count('dispatcher.parked')).toBe(0);
    expect(await room.detail(room.idOf(events[0]!, 9))).toMatchObject({ status: 'delivered', attempts: 1, nextAttemptAt: null });
    const again = await room.redeliverAll(9, { ratePerSecond: 100 });
    await inTime(again.id, { state: 'completed', delivered: 30 });
    expect([...spec.receiver.countsById().values()]).toEqual(Array.from({ length: 30 }, () => 1));
  });

  it('waits for the ledger, says so, and goes on', async () => {
    await room.callback(10);
    await room.settle(10, 3);
    room.ledger.isAway = true;
    const { id } = await room.redeliverAll(10);
    room.clock.advance(1_000);
    await room.reaches(id, { state: 'running', enqueued: 0, waitsFor: 'conversions-service', expectedEndAt: null });
    room.ledger.isAway = false;
    await inTime(id, { state: 'completed', delivered: 3 });
  });

  it('goes round a delivery that is being sent again already', async () => {
    const { spec } = room;
    await room.callback(11);
    const events = await room.settle(11, 3);
    await spec.db.query(`insert into dispatcher.pause (scope, key, created_by, created_at) values ('callback', '11', 'spec', now())`);
    await room.service.dispatcher.parked.look();
    await room.redeliver(room.idOf(events[1]!, 11));
    const { id } = await room.redeliverAll(11);
    await inTime(id, { enqueued: 2, skipped: [{ reason: 'in-progress', count: 1 }] });
    await spec.db.query('delete from dispatcher.pause');
    await room.service.dispatcher.parked.look();
    await inTime(id, { state: 'completed', delivered: 2 });
    await eventually(async () => (await spec.count('dispatcher.parked')) === 0);
    expect(sent(11)).toBe(6);
  });

  it('seen from within some offers, there is nothing of the others', async () => {
    const store = new RedeliveriesStore({
      pool: room.spec.db,
      now: room.clock.now,
      monotonic: () => performance.now(),
      onChanged: () => undefined,
      onStopped: () => undefined,
    });
    const input: RedeliveryInput = { ...room.inputOf(1), asNew: false, ratePerSecond: 1, dryRun: true };
    expect(await store.dryRun(input, [1])).toMatchObject({ count: 12 });
    expect(await store.dryRun(input, [2, 3])).toMatchObject({ count: 0, sample: [] });
    const outcome = await store.create({ ...input, filter: { ...input.filter, offerId: 2 } }, null, 'ada@example.com');
    const { id } = (outcome as Extract<typeof outcome, { kind: 'created' }>).redelivery;
    expect(await store.find(id, [2, 3])).toMatchObject({ id });
    expect(await store.find(id, [1])).toBeNull();
    expect((await store.list([1], null, 10)).map((item) => item.id)).toEqual([]);
    expect(await store.change(id, [1], 'cancel')).toEqual({ kind: 'unknown' });
    expect(await store.change(id, [2], 'cancel')).toMatchObject({ kind: 'done' });
  });

  it('refuses what it cannot do by name', async () => {
    const { filter } = room.inputOf(1);
    const refusals: [object, string, RegExp][] = [
      [{}, 'filter', /./],
      [{ filter: { callbackId: 1 } }, 'filter.from', /./],
      [{ filter: { ...filter, to: filter.from } }, 'filter.to', /later than from/],
      [{ filter: { ...filter, status: 'retrying' } }, 'filter.status', /sent anyway/],
      [{ filter, ratePerSecond: 2_001 }, 'ratePerSecond', /./],
      [{ filter, rate: 5 }, 'rate', /remove it/],
    ];
    for (const [input, path, message] of refusals)
      expect(await post('/v1/redeliveries', input)).toMatchObject({
        status: 422,
        body: { errors: expect.arrayContaining([{ path, message: expect.stringMatching(message) }]) },
      });
    expect((await room.service.get('/v1/redeliveries/00000000-0000-8000-8000-000000000000')).status).toBe(404);
    expect((await post('/v1/redeliveries/00000000-0000-8000-8000-000000000000/cancel')).status).toBe(404);
    expect((await room.service.get('/v1/redeliveries?cursor=nonsense')).status).toBe(422);
    const many = await Promise.all(Array.from({ length: 10 }, () => room.redeliverAll(999)));
    // Those without a match end with the first look.
    await Promise.all(many.map(({ id }) => inTime(id, { state: 'completed', total: 0 })));
  });
});
