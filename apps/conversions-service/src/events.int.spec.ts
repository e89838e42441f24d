import { foundEventsSchema, type Conversion } from '@ringback/contracts';
import { HeldClock } from '@ringback/testbed';
import { ConversionsUnderTest } from './testing/conversions-under-test.js';
import { holds } from './testing/holds.js';

describe('events once more', () => {
  const clock = new HeldClock();
  let service: ConversionsUnderTest;

  beforeAll(async () => {
    service = await ConversionsUnderTest.start({ now: clock.now });
    await service.configuration.affiliate(1);
    await service.configuration.offer(1, { goals: [{ id: 10 }] });
  });
  afterAll(() => service.stop());

  const record = async (difference: object = {}): Promise<Conversion> =>
    (await service.call('POST', '/v1/conversions', { offerId: 1, affiliateId: 1, status: 'pending', ...difference })).body as Conversion;

  it('every event that was published is rebuilt byte for byte, whatever became of the conversion since', async () => {
    const plain = await record();
    const full = await record({
      goalId: 10,
      sub3: 'c',
      transactionId: 't-1',
      params: { b: '2', a: '1' },
      clickId: 'click "1" ✓',
      payout: '1.50',
      currency: 'EUR',
      clickTime: '2026-01-02T03:04:05+02:00',
      ip: '192.0.2.1',
    });
    for (const [index, change] of [{ status: 'rejected', rejectReason: 'fraud' }, { status: 'done' }, { status: 'pending' }].entries()) {
      clock.advance(1_000 + index);
      await service.configuration.affiliate(2 + index);
      for (const { id } of [plain, full]) await service.call('PUT', `/v1/conversions/${id}/status`, change);
    }
    await holds(() => expect(service.events).toHaveLength(8));

    const published = service.eventBytes.map((bytes) => bytes.toString('utf8'));
    for (const [index, { id }] of service.events.entries()) {
      const { status, body } = await service.call('GET', `/v1/events/${id}`);
      expect({ status, body: JSON.stringify(body) }).toEqual({ status: 200, body: published[index] });
    }
    const events = service.events.map(({ data }) => ({ conversionId: data.conversion.id, version: data.conversion.version })).reverse();
    const found = await service.call('POST', '/v1/events/search', { events: [...events, { conversionId: plain.id, version: 5 }] });
    expect(found.status).toBe(200);
    const { items } = foundEventsSchema.parse(found.body);
    expect(items.map((item) => item?.id ?? null)).toEqual([...service.events.map(({ id }) => id).reverse(), null]);
    expect(JSON.stringify(found.body)).toBe(`{"items":[${published.reverse().join(',')},null]}`);
  });

  it('an answer that would be too large ends early, and never without the first', async () => {
    const params = Object.fromEntries(Array.from({ length: 50 }, (_, index) => [`k${index}`, 'x'.repeat(2_048)]));
    const large = await record({ params });
    const events = Array.from({ length: 100 }, () => ({ conversionId: large.id, version: 1 }));
    const { body } = await service.call('POST', '/v1/events/search', { events });
    expect(body.items.length).toBeGreaterThan(10);
    expect(body.items.length).toBeLessThan(50);
  });

  it('what is not there is 404, what cannot be asked is refused by name', async () => {
    expect((await service.call('GET', '/v1/events/01890000-0000-7000-8000-000000000000')).status).toBe(404);
    expect((await service.call('GET', '/v1/events/nothing')).status).toBe(404);
    expect(await service.call('POST', '/v1/events/search', { events: [] })).toMatchObject({
      status: 422,
      body: { errors: [{ path: 'events' }] },
    });
    expect(await service.call('POST', '/v1/events/search', { ids: ['x'] })).toMatchObject({ status: 422 });
    expect((await fetch(`${service.urls[0]}/v1/events/01890000-0000-7000-8000-000000000000`)).status).toBe(401);
  });
});
