import { deliverySchema } from '@ringback/contracts';
import { eventually } from '@ringback/testbed';
import { conversionCreated } from '../testing/conversion-event.js';
import { RedeliveryRoom } from '../testing/redelivery-room.js';
import { DAY_MS } from '../schema/day-partitions.js';

describe('a delivery that is sent again', () => {
  let room: RedeliveryRoom;
  const failing = new Set<string>();
  beforeAll(async () => {
    room = await RedeliveryRoom.start();
    room.spec.receiver.answer(({ path }) => (failing.has(path) ? { status: 302, body: 'elsewhere' } : { body: 'ok' }));
  });
  afterAll(() => room.stop());
  const settledAgain = (id: string, attempts: number) =>
    eventually(async () => {
      const detail = await room.detail(id);
      return detail.attempts === attempts && detail.settledAt !== null ? detail : undefined;
    }).then((detail) => detail!);

  it('has the same id, the configuration of today, one more attempt, and its new outcome; the earlier exchange is kept', async () => {
    failing.add('/1');
    await room.callback(1);
    const [event] = await room.settle(1, 1);
    const id = room.idOf(event!, 1);
    expect(await room.detail(id)).toMatchObject({ status: 'exhausted', attempts: 1, httpStatus: 302 });
    failing.delete('/1');
    await room.callback(1, { httpType: 'POST_JSON', requestParams: [{ name: 'try', value: '{attempt}', type: 'number', secret: false }] });

    const { status, body } = await room.redeliver(id);
    expect(status).toBe(202);
    expect(deliverySchema.parse(body)).toMatchObject({ id, redeliveryOf: null });
    const detail = await settledAgain(id, 2);
    expect(detail).toMatchObject({ status: 'delivered', httpStatus: 200, error: null });
    expect(detail.attemptLog).toMatchObject([
      { number: 1, httpStatus: 302, response: { body: { text: 'elsewhere' } } },
      { number: 2, httpStatus: 200, request: { method: 'POST', body: { text: '{"try":2}' } } },
    ]);
    expect(room.spec.receiver.countsById().get(id)).toBe(2);
    expect(await room.spec.count('dispatcher.parked')).toBe(0);
  });

  it('and fails stays delivered when it was, with the failed attempt beside; when it was not, says why it failed last', async () => {
    await room.callback(2);
    const [event] = await room.settle(2, 1);
    const id = room.idOf(event!, 2);
    failing.add('/2');
    await room.redeliver(id);
    const first = await settledAgain(id, 2);
    expect(first).toMatchObject({ status: 'delivered', httpStatus: 200, error: null });
    expect(first.attemptLog).toMatchObject([
      { number: 1, httpStatus: 200 },
      { number: 2, httpStatus: 302, error: expect.stringContaining('redirects') },
    ]);
    await room.redeliver(id);
    expect((await settledAgain(id, 3)).attemptLog.map(({ httpStatus }) => httpStatus)).toEqual([200, 302, 302]);
    failing.delete('/2');
    await room.redeliver(id);
    const last = await settledAgain(id, 4);
    expect(last.attemptLog.map(({ httpStatus }) => httpStatus)).toEqual([200, 302, 302, 200]);
    // Given up it was never: only the one of callback 1 was, by its first attempt.
    await eventually(async () => (await room.spec.count('dispatcher.outbox')) === 0);
    const given = (await room.spec.announcements()).filter(({ type }) => type === 'DeliveryExhausted');
    expect(given.map(({ data }) => data.callbackId)).toEqual([1]);
  });

  it('as a new one has an id and a row of its own, linked to the old, which stays as it was', async () => {
    await room.callback(3);
    const [event] = await room.settle(3, 1);
    const id = room.idOf(event!, 3);
    const old = await room.detail(id);
    const { status, body } = await room.redeliver(id, { asNew: true });
    expect(status).toBe(202);
    expect(body).toMatchObject({ status: 'waiting', redeliveryOf: id, attempts: 0, eventId: event!.id });
    expect(body.id).not.toBe(id);
    expect(Date.parse(body.recordedAt)).toBe(room.clock.now());
    const made = await settledAgain(body.id, 1);
    expect(made).toMatchObject({ status: 'delivered', redeliveryOf: id, conversionId: event!.data.conversion.id });
    expect(await room.detail(id)).toEqual(old);
    const again = await room.redeliver(body.id, { asNew: true });
    await settledAgain(again.body.id, 1);
    expect(new Set([id, body.id, again.body.id]).size).toBe(3);
    expect(room.spec.receiver.on('/3').map(({ webhookId }) => webhookId)).toEqual([id, body.id, again.body.id]);
  });

  it('that could not be rendered goes once its callback is mended', async () => {
    const broken = { name: 'a', value: '{sub1|raw}', type: 'json', secret: false } as const;
    await room.callback(4, { httpType: 'POST_JSON', requestParams: [broken] });
    const [event] = await room.settle(4, 1, { conversion: { sub1: '{' } });
    const id = room.idOf(event!, 4);
    expect(await room.detail(id)).toMatchObject({ status: 'exhausted', attempts: 0, error: expect.stringContaining('cannot be rendered') });
    await room.redeliver(id);
    await eventually(async () => (await room.spec.count('dispatcher.parked')) === 0);
    expect(await room.detail(id)).toMatchObject({ status: 'exhausted', attempts: 0, error: expect.stringContaining('cannot be rendered') });
    await room.callback(4, { requestParams: [{ ...broken, type: 'string' }] });
    await room.redeliver(id);
    expect(await settledAgain(id, 1)).toMatchObject({ status: 'delivered' });
  });

  it('one that was cancelled goes once its callback is restored', async () => {
    const { spec } = room;
    await room.callback(5, { enabled: true });
    await spec.db.query(`insert into dispatcher.pause (scope, key, created_by, created_at) values ('callback', '5', 'spec', now())`);
    await room.service.dispatcher.parked.look();
    const event = conversionCreated({ revision: spec.author.revision, conversion: { affiliateId: 5 }, recordedAtMs: room.clock.now() });
    room.ledger.record(event);
    const id = room.idOf(event, 5);
    await spec.publish(event);
    await eventually(async () => (await spec.count('dispatcher.parked where id = $1', [id])) === 1);
    const early = await room.redeliver(id);
    expect(early).toMatchObject({ status: 409, body: { detail: expect.stringContaining('/v1/waiting') } });
    await spec.configure(spec.author.deleteCallback(5));
    await spec.db.query('delete from dispatcher.pause');
    await room.service.dispatcher.parked.look();
    await eventually(async () => (await room.detail(id)).status === 'cancelled');

    expect(await room.redeliver(id)).toMatchObject({ status: 409, body: { detail: expect.stringContaining('deleted: restore') } });
    await room.callback(5, { deletedAt: null });
    await room.redeliver(id);
    expect(await settledAgain(id, 1)).toMatchObject({ status: 'delivered', attempts: 1 });
  });

  it('waits for a pause like any other, uses up no attempt, and is not asked for twice', async () => {
    const { spec } = room;
    await room.callback(6);
    const [event] = await room.settle(6, 1);
    const id = room.idOf(event!, 6);
    await spec.db.query(`insert into dispatcher.pause (scope, key, created_by, created_at) values ('callback', '6', 'spec', now())`);
    await room.service.dispatcher.parked.look();
    expect((await room.redeliver(id)).status).toBe(202);
    expect(await room.redeliver(id)).toMatchObject({ status: 202, body: { id, status: 'waiting', attempts: 1, settledAt: null } });
    expect(await room.redeliver(id, { asNew: true })).toMatchObject({
      status: 409,
      body: { detail: expect.stringContaining('again just now') },
    });
    expect(await spec.count('dispatcher.parked where id = $1', [id])).toBe(1);
    // Parked speaks, and the attempt that delivered it is shown all the same.
    expect(await room.detail(id)).toMatchObject({ status: 'waiting', attemptLog: [{ number: 1, httpStatus: 200 }] });
    expect((await room.service.get(`/v1/deliveries?callbackId=6`)).body).toMatchObject({ items: [{ id, status: 'waiting' }] });
    await spec.db.query('delete from dispatcher.pause');
    await room.service.dispatcher.parked.look();
    expect(await settledAgain(id, 2)).toMatchObject({ status: 'delivered' });
    expect(spec.receiver.on('/6')).toHaveLength(2);
  });

  it('is refused with the remedy where it cannot be sent', async () => {
    await room.callback(7);
    const [event, gone] = await room.settle(7, 2);
    const id = room.idOf(event!, 7);
    room.ledger.isAway = true;
    expect(await room.redeliver(id)).toMatchObject({ status: 503 });
    room.ledger.isAway = false;
    room.ledger.forget(gone!);
    expect(await room.redeliver(room.idOf(gone!, 7))).toMatchObject({ status: 410, body: { detail: expect.stringContaining('ledger') } });
    await room.callback(7, { enabled: false });
    expect(await room.redeliver(id)).toMatchObject({ status: 409, body: { detail: expect.stringContaining('disabled: enable it') } });
    const unknown = conversionCreated({ revision: 1, recordedAtMs: room.clock.now() });
    expect((await room.redeliver(room.idOf(unknown, 7))).status).toBe(404);
    const old = conversionCreated({ revision: 1, recordedAtMs: room.clock.now() - 31 * DAY_MS });
    expect(await room.redeliver(room.idOf(old, 7))).toMatchObject({
      status: 410,
      body: { detail: expect.stringContaining('no longer kept') },
    });
    expect(await room.redeliver(id, { asnew: true })).toMatchObject({ status: 422, body: { errors: [{ path: 'asnew' }] } });
    expect(await room.spec.count('dispatcher.parked')).toBe(0);
  });
});
