import { holds } from './testing/holds.js';
import { OutageRoom } from './testing/outage-room.js';

describe('while Kafka is away', () => {
  let room: OutageRoom;
  beforeAll(async () => {
    room = await OutageRoom.open();
  }, 120_000);
  afterAll(() => room?.close(), 120_000);

  it.each(['kill', 'pause'] as const)(
    'Kafka away by %s: what is known is recorded, what is not known gets 503, and its events follow when it is back',
    async (how) => {
      const key = await room.service.apiKeys.create();
      const withKey = () =>
        room.service.call(
          'POST',
          '/v1/conversions',
          { offerId: 1, affiliateId: 1, status: 'done' },
          { headers: { authorization: `Bearer ${key}` } },
        );
      await holds(async () => expect((await withKey()).status).toBe(201));
      await room.kafka[how]();
      try {
        const began = performance.now();
        const first = await room.record();
        expect(first.status).toBe(201);
        expect(performance.now() - began).toBeLessThan(5_000);
        for (let index = 0; index < 20; index++) expect((await room.record({ transactionId: `${how}-${index}` })).status).toBe(201);
        expect((await withKey()).status).toBe(201);
        expect((await room.record({ offerId: 2 })).status).toBe(503);
        expect((await room.record({ affiliateId: 2 })).status).toBe(503);
        const change = await room.service.call('PUT', `/v1/conversions/${first.body.id}/status`, { status: 'rejected' });
        expect(change).toMatchObject({ status: 200, body: { version: 2 } });
        expect(room.service.events.some(({ data }) => data.conversion.id === first.body.id)).toBe(false);
      } finally {
        if (how === 'kill') await room.kafka.restart();
        else room.kafka.resume();
      }
      await room.allPublished();
      await holds(async () => expect((await room.record({ offerId: 2 })).status).toBe(422), 30_000);
      await holds(async () => {
        await room.service.configuration.affiliate(1);
        expect((await room.record()).status).toBe(201);
      }, 30_000);
    },
    90_000,
  );

  it('starts without either, answers 503, and works once they are there', async () => {
    await Promise.all([room.postgres.kill(), room.kafka.kill()]);
    const starting = room.service.addInstance();
    const url = await starting;
    const post = () => room.service.call('POST', '/v1/conversions', { offerId: 1, affiliateId: 1, status: 'done' }, { url });
    expect((await post()).status).toBe(503);
    const withKey = { url, headers: { authorization: 'Bearer rbk_it-may-be-one-that-was-made-just-now' } };
    expect((await room.service.call('GET', '/v1/conversions', undefined, withKey)).status).toBe(503);
    await Promise.all([room.postgres.restart(), room.kafka.restart()]);
    await holds(async () => expect((await post()).status).toBe(201), 60_000);
    expect((await room.service.call('GET', '/v1/conversions', undefined, withKey)).status).toBe(401);
  }, 120_000);
});
