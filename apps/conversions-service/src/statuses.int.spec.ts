import type { Conversion, ConversionPage } from '@ringback/contracts';
import { HeldClock } from '@ringback/testbed';
import { listConversions } from './http/conversions.read-model.js';
import { ConversionsUnderTest } from './testing/conversions-under-test.js';
import { holds } from './testing/holds.js';

describe('changing and reading conversions over HTTP', () => {
  const clock = new HeldClock();
  let service: ConversionsUnderTest;

  beforeAll(async () => {
    service = await ConversionsUnderTest.start({ instances: 2, now: clock.now });
    for (const id of [1, 2]) await service.configuration.affiliate(id);
    for (const id of [1, 2, 3]) await service.configuration.offer(id, { goals: [{ id: id * 10 }] });
  });
  afterAll(() => service.stop());

  const record = async (difference: object = {}): Promise<Conversion> => {
    const answer = await service.call('POST', '/v1/conversions', { offerId: 1, affiliateId: 1, status: 'pending', ...difference });
    expect(answer.status).toBe(201);
    return answer.body as Conversion;
  };
  const put = (id: string, body: unknown, url?: string) => service.call('PUT', `/v1/conversions/${id}/status`, body, url ? { url } : {});
  const eventsOf = (id: string) => service.events.filter(({ data }) => data.conversion.id === id);

  it('a change raises the version and publishes one event with the previous status', async () => {
    const conversion = await record({ payout: '3.10', currency: 'USD' });
    clock.advance(5_000);
    await service.configuration.affiliate(2);
    const { status, body } = await put(conversion.id, { status: 'rejected', rejectReason: 'fraud' });
    expect(status).toBe(200);
    expect(body).toEqual({ ...conversion, version: 2, status: 'rejected', rejectReason: 'fraud', statusAt: clock.toISOString() });
    await holds(() => expect(eventsOf(conversion.id)).toHaveLength(2));
    expect(eventsOf(conversion.id)[1]).toMatchObject({
      type: 'StatusChanged',
      time: clock.toISOString(),
      data: { previousStatus: 'pending', conversion: body, revision: service.configuration.revision },
    });
    expect((await put(conversion.id, { status: 'done' })).body).toMatchObject({ version: 3, rejectReason: null });
    const detail = await service.call('GET', `/v1/conversions/${conversion.id}`);
    expect(detail.body.history.map((entry: { status: string; previousStatus: string }) => [entry.previousStatus, entry.status])).toEqual([
      [null, 'pending'],
      ['pending', 'rejected'],
      ['rejected', 'done'],
    ]);
  });

  it('rule 1: the same status again is answered 200 and fires nothing', async () => {
    const conversion = await record();
    expect(await put(conversion.id, { status: 'pending' })).toMatchObject({ status: 200, body: conversion });
    await put(conversion.id, { status: 'done' });
    await holds(() => expect(eventsOf(conversion.id)).toHaveLength(2));
    expect((await service.call('GET', `/v1/conversions/${conversion.id}`)).body.history).toHaveLength(2);
  });

  it('rule 6: statuses of an archived offer and goal still change', async () => {
    const conversion = await record({ offerId: 2, goalId: 20 });
    await service.configuration.offer(2, { status: 'archived', goals: [{ id: 20, archived: true }] });
    expect(await put(conversion.id, { status: 'done' })).toMatchObject({ status: 200, body: { version: 2 } });
    await holds(() => expect(eventsOf(conversion.id)).toHaveLength(2));
  });

  it('twenty changes at once over two instances: versions without a gap, events in their order', async () => {
    const conversion = await record();
    const statuses = ['done', 'rejected', 'pending'] as const;
    await Promise.all(
      Array.from({ length: 20 }, (_, index) => put(conversion.id, { status: statuses[index % 3] }, service.urls[index % 2])),
    );
    const { body } = await service.call('GET', `/v1/conversions/${conversion.id}`);
    await holds(() => expect(eventsOf(conversion.id)).toHaveLength(body.version));
    expect(eventsOf(conversion.id).map(({ data }) => data.conversion.version)).toEqual(
      Array.from({ length: body.version }, (_, index) => index + 1),
    );
  });

  it('an unknown conversion is 404', async () => {
    const unknown = '01890000-0000-7000-8000-000000000000';
    expect((await put(unknown, { status: 'done' })).status).toBe(404);
    expect((await service.call('GET', `/v1/conversions/${unknown}`)).status).toBe(404);
  });

  it('a batch answers each item; the same id twice is applied in order; bad items spoil nothing', async () => {
    const [first, second] = [await record(), await record()];
    const unknown = '01890000-0000-7000-8000-000000000000';
    const { status, body } = await service.call('POST', '/v1/conversions/statuses', {
      items: [
        { id: first.id, status: 'done' },
        { id: unknown, status: 'done' },
        { id: first.id, status: 'done' },
        { id: second.id, status: 'rejected', rejectReason: 'late' },
        { id: first.id.toUpperCase(), status: 'rejected' },
        { id: 'x', status: 'done' },
        { id: second.id, status: 'sold' },
        { id: second.id, status: 'done', rejectReason: 'why' },
      ],
    });
    expect(status).toBe(200);
    expect(body.items.map((item: { status: number }) => item.status)).toEqual([200, 404, 200, 200, 200, 422, 422, 422]);
    expect([0, 2, 4].map((index) => body.items[index].conversion.version)).toEqual([2, 2, 3]);
    expect(body.items[7].problem.errors).toMatchObject([{ path: 'rejectReason' }]);
    await holds(() => expect(eventsOf(first.id)).toHaveLength(3));
    await holds(() => expect(eventsOf(second.id)).toHaveLength(2));
  });

  it('batches at once over the same conversions in opposite orders all end', async () => {
    const { body } = await service.call('POST', '/v1/conversions/batch', {
      items: Array.from({ length: 200 }, () => ({ offerId: 1, affiliateId: 1, status: 'pending' })),
    });
    const ids = body.items.map((item: { conversion: Conversion }) => item.conversion.id) as string[];
    const change = (some: string[], status: string, url?: string) =>
      service.call('POST', '/v1/conversions/statuses', { items: some.map((id) => ({ id, status })) }, url ? { url } : {});
    const answers = await Promise.all(
      ['done', 'rejected', 'done', 'rejected'].map((status, index) =>
        change(index % 2 ? ids.toReversed() : ids, status, service.urls[index % 2]),
      ),
    );
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
  });

  describe('the list', () => {
    let made: Conversion[];
    beforeAll(async () => {
      made = [];
      for (let index = 0; index < 25; index++) {
        clock.advance(1_000);
        const side = { offerId: 3, affiliateId: 1 + (index % 2), clickId: `click-${index}`, transactionId: `list-${index}` };
        made.push(await record({ ...side, ...(index % 5 === 0 ? { goalId: 30, status: 'done' } : {}) }));
      }
    });
    const list = async (query: string): Promise<ConversionPage> => {
      const answer = await service.call('GET', `/v1/conversions?${query}`);
      expect(answer.status).toBe(200);
      return answer.body as ConversionPage;
    };

    it('pages newest first, each conversion once', async () => {
      const seen: string[] = [];
      let cursor: string | null = '';
      while (cursor !== null) {
        const page: ConversionPage = await list(`offerId=3&limit=10${cursor === '' ? '' : `&cursor=${cursor}`}`);
        seen.push(...page.items.map(({ id }) => id));
        cursor = page.nextCursor;
      }
      expect(seen).toEqual(made.map(({ id }) => id).toReversed());
    });

    it.each<[string, (conversion: Conversion) => boolean]>([
      ['affiliateId=2', ({ affiliateId }) => affiliateId === 2],
      ['goalId=30', ({ goalId }) => goalId === 30],
      ['status=done', ({ status }) => status === 'done'],
      ['clickId=click-7', ({ clickId }) => clickId === 'click-7'],
      ['transactionId=list-8', ({ transactionId }) => transactionId === 'list-8'],
      ['affiliateId=1&goalId=30&status=done', ({ affiliateId, goalId }) => affiliateId === 1 && goalId === 30],
    ])('filters by %s', async (query, matches) => {
      const page = await list(`offerId=3&limit=200&${query}`);
      expect(page).toEqual({ items: made.filter(matches).toReversed(), nextCursor: null, searchedThrough: null });
    });

    it('ends a page in its time, however rare a match is, and goes on from there', async () => {
      // One that is done, before 6,000 that are not.
      await service.pool.query(
        `insert into conversions.conversion (id, offer_id, affiliate_id, status, version, detail, created_at, status_at)
         select (lpad(to_hex(1764000000000 + number), 12, '0') || '7000800000000000' || lpad(to_hex(number), 4, '0'))::uuid,
           4, 1, case number when 1 then 'done' else 'pending' end, 1, '{}', now(), now()
         from generate_series(1, 6001) number`,
      );
      const pages: ConversionPage[] = [];
      do {
        const query = { offerId: 4, status: 'done' as const, limit: 10, cursor: pages.at(-1)?.nextCursor ?? undefined };
        pages.push(await listConversions(service.pool, query, null, 0));
      } while (pages.at(-1)!.nextCursor !== null);
      expect(
        pages.map(({ items, searchedThrough }) => [items.length, searchedThrough && Date.parse(searchedThrough) - 1764000000000]),
      ).toEqual([
        [0, 4002],
        [0, 2002],
        [0, 2],
        [1, null],
      ]);
    });

    it('filters by time of recording, `from` included and `to` not', async () => {
      const page = await list(`offerId=3&from=${made[5]!.createdAt}&to=${made[9]!.createdAt}`);
      expect(page.items.map(({ id }) => id)).toEqual([8, 7, 6, 5].map((index) => made[index]!.id));
    });
  });
});
