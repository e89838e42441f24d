import type { Conversion } from '@ringback/contracts';
import { ConversionsUnderTest } from './testing/conversions-under-test.js';
import { holds } from './testing/holds.js';

describe('recording conversions over HTTP', () => {
  let service: ConversionsUnderTest;

  beforeAll(async () => {
    service = await ConversionsUnderTest.start({ instances: 2 });
    await service.configuration.affiliate(1);
    await service.configuration.offer(1, { goals: [{ id: 10 }, { id: 11, archived: true }] });
    await service.configuration.offer(2, { status: 'archived' });
    await service.configuration.offer(3, { status: 'paused' });
  });
  afterAll(() => service.stop());

  const input = { offerId: 1, affiliateId: 1, status: 'pending' };
  const post = (body: unknown, headers: Record<string, string> = {}, url?: string) =>
    service.call('POST', '/v1/conversions', body, { headers, ...(url ? { url } : {}) });
  const eventsOf = (id: string) => service.events.filter(({ data }) => data.conversion.id === id);

  it('answers 201 with the conversion and publishes one event that carries it and the revision', async () => {
    const full = {
      ...input,
      goalId: 10,
      transactionId: 'full-1',
      clickId: 'c-1',
      payout: '12.50',
      currency: 'EUR',
      sub1: 'a b',
      clickTime: '2026-03-01T12:00:00+02:00',
      params: { colour: 'grün' },
    };
    const { status, body } = await post(full);
    expect(status).toBe(201);
    expect(body).toMatchObject({ ...full, clickTime: '2026-03-01T10:00:00.000Z', version: 1, rejectReason: null });
    await holds(() => expect(eventsOf(body.id)).toHaveLength(1));
    const [event] = eventsOf(body.id);
    expect(event).toMatchObject({ type: 'ConversionCreated', subject: body.id, time: body.createdAt });
    expect(event!.data).toEqual({ revision: service.configuration.revision, conversion: body });
    const detail = await service.call('GET', `/v1/conversions/${body.id}`);
    expect(detail.body).toEqual({
      ...body,
      history: [
        {
          eventId: event!.id,
          version: 1,
          status: 'pending',
          previousStatus: null,
          rejectReason: null,
          revision: service.configuration.revision,
          at: body.createdAt,
        },
      ],
    });
  });

  it('an offer, a goal and an affiliate made a moment ago take a conversion at once', async () => {
    for (let id = 100; id < 120; id++) {
      await service.configuration.affiliate(id);
      await service.configuration.offer(id, { goals: [{ id: id * 10 }] });
      const answers = await Promise.all(
        service.urls.map((url) => post({ ...input, offerId: id, affiliateId: id, goalId: id * 10 }, {}, url)),
      );
      expect(answers.map(({ status }) => status)).toEqual([201, 201]);
      await service.configuration.offer(id, { status: 'archived' });
      expect((await post({ ...input, offerId: id, affiliateId: id })).status).toBe(409);
    }
  });

  it.each([
    ['an unknown offer', { offerId: 99 }, 422, 'offerId'],
    ['an unknown affiliate', { affiliateId: 99 }, 422, 'affiliateId'],
    ['an unknown goal', { goalId: 99 }, 422, 'goalId'],
    ['rule 6: an archived offer', { offerId: 2 }, 409, 'offerId'],
    ['rule 6: an archived goal', { goalId: 11 }, 409, 'goalId'],
  ])('refuses %s', async (_, difference, status, path) => {
    const answer = await post({ ...input, ...difference });
    expect(answer.status).toBe(status);
    expect(answer.headers.get('content-type')).toContain('application/problem+json');
    expect(answer.body.errors.map((error: { path: string }) => error.path)).toEqual([path]);
  });

  it('rule 6: a paused offer refuses nothing', async () => {
    expect((await post({ ...input, offerId: 3 })).status).toBe(201);
  });

  it.each([
    ['an Idempotency-Key', { ...input, sub1: 'ten' }, { 'idempotency-key': 'ten-1' }],
    ['a transactionId', { ...input, transactionId: 'ten-2' }, {}],
    ['both', { ...input, transactionId: 'ten-3' }, { 'idempotency-key': 'ten-3' }],
  ])('ten identical requests at once over two instances, with %s: one conversion, one event, one 201', async (_, body, headers) => {
    const answers = await Promise.all(
      Array.from({ length: 10 }, (__, index) => post(body, headers as Record<string, string>, service.urls[index % 2])),
    );
    expect(answers.map(({ status }) => status).sort()).toEqual([...Array<number>(9).fill(200), 201]);
    const ids = new Set(answers.map((answer) => answer.body.id as string));
    expect(ids.size).toBe(1);
    const [id] = ids;
    const after = await post({ ...input, sub2: 'after' });
    await holds(() => expect(eventsOf(after.body.id)).toHaveLength(1));
    expect(eventsOf(id!)).toHaveLength(1);
    expect(await service.rows('select from conversions.status_history where conversion_id = $1', [id])).toHaveLength(1);
  });

  it('another body under the same key or transaction: 422 naming the fields', async () => {
    const first = { ...input, transactionId: 'differs-1', payout: '1.00', currency: 'EUR', params: { a: '1' } };
    await post(first, { 'idempotency-key': 'differs' });
    const byKey = await post({ ...first, transactionId: 'differs-2', params: { a: '2' } }, { 'idempotency-key': 'differs' });
    expect(byKey.status).toBe(422);
    expect(byKey.body.errors.map(({ path }: { path: string }) => path)).toEqual(['transactionId', 'params.a']);
    const byTransaction = await post({ ...first, payout: '2.00' });
    expect(byTransaction.status).toBe(422);
    expect(byTransaction.body.errors.map(({ path }: { path: string }) => path)).toEqual(['payout']);
  });

  it('ten different bodies at once under one key: one 201, the others 422', async () => {
    const answers = await Promise.all(
      Array.from({ length: 10 }, (_, index) =>
        post({ ...input, sub1: `${index}` }, { 'idempotency-key': 'clash' }, service.urls[index % 2]),
      ),
    );
    expect(answers.map(({ status }) => status).sort()).toEqual([201, ...Array<number>(9).fill(422)]);
  });

  it('answers a repeat with 200 also after its offer was archived', async () => {
    await service.configuration.offer(50);
    const body = { ...input, offerId: 50, transactionId: 'before' };
    const first = await post(body);
    await service.configuration.offer(50, { status: 'archived' });
    expect(await post(body)).toMatchObject({ status: 200, body: { id: first.body.id } });
  });

  describe('in batches', () => {
    const batch = (items: unknown[], url?: string) => service.call('POST', '/v1/conversions/batch', { items }, url ? { url } : {});

    it('1,000 items with bad ones among them: an answer per item, the good ones are recorded', async () => {
      const items = Array.from({ length: 1_000 }, (_, index): unknown => {
        if (index % 100 === 0) return { ...input, offerId: 99 };
        if (index % 100 === 1) return { ...input, colour: 'red' };
        if (index % 100 === 2) return { ...input, sub1: 'a\u0000b' };
        if (index % 100 === 3) return { ...input, sub1: '\ud800' };
        if (index % 100 === 4) return null;
        if (index % 100 === 5) return { ...input, offerId: 2 };
        return { ...input, transactionId: `batch-${index}`, sub1: 'batch' };
      });
      const { status, body } = await batch(items);
      expect(status).toBe(200);
      expect(body.items).toHaveLength(1_000);
      const count = (code: number) => body.items.filter((item: { status: number }) => item.status === code).length;
      expect([count(201), count(409), count(422)]).toEqual([940, 10, 50]);
      expect(body.items[1].problem.errors).toMatchObject([{ path: 'colour' }]);
      expect(body.items[2].problem.errors).toMatchObject([{ path: 'sub1' }]);
      expect(body.items[6].conversion).toMatchObject({ transactionId: 'batch-6' });
      const recorded = body.items.flatMap((item: { conversion?: Conversion }) => (item.conversion ? [item.conversion.id] : []));
      await holds(() => {
        const published = new Set(service.events.map(({ data }) => data.conversion.id));
        expect(recorded.filter((id: string) => !published.has(id))).toEqual([]);
      });
      const again = await batch(items);
      expect(again.body.items.filter((item: { status: number }) => item.status === 200)).toHaveLength(940);
    });

    it('finds duplicates within a batch, by key and by transaction', async () => {
      const { body } = await batch([
        { ...input, idempotencyKey: 'in-1', sub1: 'x' },
        { ...input, idempotencyKey: 'in-1', sub1: 'x' },
        { ...input, idempotencyKey: 'in-1', sub1: 'y' },
        { ...input, transactionId: 'in-2' },
        { ...input, transactionId: 'in-2', idempotencyKey: 'in-3' },
        { ...input, transactionId: 'in-4', idempotencyKey: 'in-3' },
      ]);
      expect(body.items.map(({ status }: { status: number }) => status)).toEqual([201, 200, 422, 201, 200, 422]);
    });

    it('batches at once that share all their transactions, in opposite orders, end with one conversion each', async () => {
      const items = Array.from({ length: 300 }, (_, index) => ({
        ...input,
        transactionId: `cross-${index}`,
        idempotencyKey: `cross-${index}`,
      }));
      const answers = await Promise.all(
        [items, items.toReversed(), items, items.toReversed()].map((some, index) => batch(some, service.urls[index % 2])),
      );
      const all = answers.flatMap(({ body }) => body.items as { status: number }[]);
      expect(all.filter(({ status }) => status === 201)).toHaveLength(300);
      expect(all.filter(({ status }) => status === 200)).toHaveLength(900);
      const [{ count }] = (await service.rows(`select count(*)::int from conversions.conversion where transaction_id like 'cross-%'`)) as [
        { count: number },
      ];
      expect(count).toBe(300);
    });
  });
});
