import { randomUUID } from 'node:crypto';
import { conversionEventsSchema, type Conversion, type ConversionEvents } from '@ringback/contracts';
import { ConversionsUnderTest } from './testing/conversions-under-test.js';
import { holds } from './testing/holds.js';

describe('the events of a conversion', () => {
  let service: ConversionsUnderTest;
  let conversion: Conversion;

  beforeAll(async () => {
    service = await ConversionsUnderTest.start();
    await service.configuration.affiliate(1);
    await service.configuration.offer(1, { goals: [{ id: 10 }] });
    const recorded = await service.call('POST', '/v1/conversions', { offerId: 1, affiliateId: 1, goalId: 10, status: 'pending' });
    conversion = recorded.body as Conversion;
    await service.configuration.affiliate(2);
    for (const status of ['done', 'rejected']) await service.call('PUT', `/v1/conversions/${conversion.id}/status`, { status });
    await holds(() => expect(service.events).toHaveLength(3));
    await holds(async () => expect(await service.rows('select 1 from conversions.outbox')).toEqual([]));
  });
  afterAll(() => service.stop());

  const page = async (query = ''): Promise<ConversionEvents> => {
    const { status, body } = await service.call('GET', `/v1/conversions/${conversion.id}/events${query}`);
    expect(status).toBe(200);
    return conversionEventsSchema.parse(body);
  };

  it('are listed oldest first, with the ids, revisions and times that are on Kafka', async () => {
    const { items, nextCursor, ...about } = await page();
    expect(about).toEqual({ conversionId: conversion.id, offerId: 1, affiliateId: 1, goalId: 10 });
    expect(nextCursor).toBeNull();
    expect(items.map(({ eventId, revision, at, status }) => [eventId, revision, at, status])).toEqual(
      service.events.map(({ id, time, data }) => [id, data.revision, time, data.conversion.status]),
    );
    expect(items.map(({ version, previousStatus, publication }) => [version, previousStatus, publication])).toEqual([
      [1, null, 'published'],
      [2, 'pending', 'published'],
      [3, 'done', 'published'],
    ]);
  });

  it('are paged', async () => {
    const first = await page('?limit=2');
    const second = await page(`?limit=2&cursor=${first.nextCursor}`);
    expect([...first.items, ...second.items].map(({ version }) => version)).toEqual([1, 2, 3]);
    expect(second.nextCursor).toBeNull();
  });

  it('say which of them Kafka does not have yet, and which it will never take', async () => {
    const [, second, third] = (await page()).items;
    const put = (id: number, eventId: string, setAsideAt: Date | null) =>
      service.pool.query(`insert into conversions.outbox (id, topic, key, value, set_aside_at) values ($1, 'nowhere', $2, $3, $4)`, [
        id,
        conversion.id,
        Buffer.from(JSON.stringify({ id: eventId })),
        setAsideAt,
      ]);
    // Held, so that the relay cannot publish what waits.
    const holder = await service.pool.connect();
    await holder.query('begin');
    await holder.query('lock table conversions.outbox_lease in access exclusive mode');
    try {
      await put(900_001, second!.eventId, null);
      await put(900_002, third!.eventId, new Date());
      expect((await page()).items.map(({ publication }) => publication)).toEqual(['published', 'waiting', 'setAside']);
    } finally {
      await holder.query('delete from conversions.outbox');
      await holder.query('commit');
      holder.release();
    }
  });

  it('of an unknown conversion are not found, and a cursor of another list is refused', async () => {
    expect((await service.call('GET', `/v1/conversions/${randomUUID()}/events`)).status).toBe(404);
    expect((await service.call('GET', '/v1/conversions/x/events')).status).toBe(404);
    expect(await service.call('GET', `/v1/conversions/${conversion.id}/events?cursor=x`)).toMatchObject({
      status: 422,
      body: { errors: [{ path: 'cursor' }] },
    });
    expect((await service.call('GET', `/v1/conversions/${conversion.id}/events?limit=51`)).status).toBe(422);
  });
});
