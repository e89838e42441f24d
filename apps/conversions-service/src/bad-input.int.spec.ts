import { encodeCursor } from '@ringback/contracts';
import { ConversionsUnderTest, type Answer } from './testing/conversions-under-test.js';

describe('what cannot be taken over HTTP', () => {
  let service: ConversionsUnderTest;
  let id: string;
  const input = { offerId: 1, affiliateId: 1, status: 'pending' };

  beforeAll(async () => {
    service = await ConversionsUnderTest.start();
    await service.configuration.affiliate(1);
    await service.configuration.offer(1);
    id = (await service.call('POST', '/v1/conversions', input)).body.id as string;
  });
  afterAll(() => service.stop());

  const problem = ({ status, headers, body }: Answer) => {
    expect(headers.get('content-type')).toContain('application/problem+json');
    expect(body).toMatchObject({ status, title: expect.any(String), detail: expect.any(String), requestId: expect.any(String) });
    return { status, paths: (body.errors ?? []).map((error: { path: string }) => error.path) as string[] };
  };

  it.each<[string, object, string]>([
    ['an unknown field', { colour: 'red' }, 'colour'],
    ['a wrong type', { sub1: 7 }, 'sub1'],
    ['an id as text', { offerId: '1' }, 'offerId'],
    ['a missing field', { status: undefined }, 'status'],
    ['an unknown status', { status: 'sold' }, 'status'],
    ['a negative id', { offerId: -1 }, 'offerId'],
    ['an enormous id', { offerId: 2 ** 31 }, 'offerId'],
    ['an id beyond all integers', { affiliateId: 1e300 }, 'affiliateId'],
    ['a broken number as id', { goalId: 1.5 }, 'goalId'],
    ['NUL in a string', { sub1: 'a\u0000b' }, 'sub1'],
    ['a lone surrogate', { clickId: '\ud800x' }, 'clickId'],
    ['NUL in a value of params', { params: { a: '\u0000' } }, 'params.a'],
    ['a key of params with a blank', { params: { 'a b': '1' } }, 'params.a b'],
    ['money as a number', { payout: 1.5, currency: 'EUR' }, 'payout'],
    ['money with an exponent', { payout: '1e3', currency: 'EUR' }, 'payout'],
    ['negative money', { revenue: '-1', currency: 'EUR' }, 'revenue'],
    ['money without its currency', { saleAmount: '1' }, 'currency'],
    ['an unknown currency code', { currency: 'euro' }, 'currency'],
    ['a time that is none', { clickTime: '2026-02-30T00:00:00Z' }, 'clickTime'],
    ['an address that is none', { ip: '300.1.1.1' }, 'ip'],
    ['an empty transactionId', { transactionId: ' ' }, 'transactionId'],
    ['a string too long', { sub10: 'x'.repeat(1025) }, 'sub10'],
    ['a reason for what is not rejected', { rejectReason: 'why' }, 'rejectReason'],
    ['an unknown goal', { goalId: 5 }, 'goalId'],
    ['another affiliate', { affiliateId: 2 }, 'affiliateId'],
  ])('%s is 422 naming the field', async (_, difference, path) => {
    const answer = problem(await service.call('POST', '/v1/conversions', { ...input, ...difference }));
    expect(answer).toEqual({ status: 422, paths: [path] });
  });

  it('a conversion too large for one message is 422 naming its longest field', async () => {
    const params = Object.fromEntries(Array.from({ length: 50 }, (_, index) => [`p${index}`, '€'.repeat(2048)]));
    expect(problem(await service.call('POST', '/v1/conversions', { ...input, params }))).toEqual({ status: 422, paths: ['params'] });
    const batch = await service.call('POST', '/v1/conversions/batch', { items: [{ ...input, params }, input] });
    expect(batch.body.items.map(({ status }: { status: number }) => status)).toEqual([422, 201]);
  });

  it.each<[string, string, string, unknown, number]>([
    ['malformed JSON', 'POST', '/v1/conversions', '{"offerId":', 400],
    ['no body', 'POST', '/v1/conversions', '', 400],
    ['an array', 'POST', '/v1/conversions', '[]', 422],
    ['null', 'POST', '/v1/conversions', 'null', 422],
    ['a prototype name', 'POST', '/v1/conversions', '{"__proto__":{"a":1}}', 400],
    ['30 MB', 'POST', '/v1/conversions', Buffer.alloc(30 * 1024 * 1024, 0x20), 413],
    ['30 MB of items', 'POST', '/v1/conversions/batch', Buffer.alloc(30 * 1024 * 1024, 0x20), 413],
    ['an empty batch', 'POST', '/v1/conversions/batch', { items: [] }, 422],
    ['1,001 items', 'POST', '/v1/conversions/batch', { items: Array(1_001).fill(1) }, 422],
    ['items that are none', 'POST', '/v1/conversions/statuses', { items: 'x' }, 422],
    ['an unknown field of a batch', 'POST', '/v1/conversions/statuses', { items: [1], more: 1 }, 422],
    ['an unknown status', 'PUT', '/v1/conversions/:id/status', { status: 'sold' }, 422],
    ['an unknown field of a change', 'PUT', '/v1/conversions/:id/status', { status: 'done', at: 1 }, 422],
    ['NUL in a reason', 'PUT', '/v1/conversions/:id/status', { status: 'rejected', rejectReason: '\u0000' }, 422],
    ['an id that is none', 'PUT', '/v1/conversions/-1/status', { status: 'done' }, 404],
    ['an enormous id', 'GET', `/v1/conversions/${'9'.repeat(400)}`, undefined, 404],
    ['NUL as an id', 'GET', '/v1/conversions/%00', undefined, 404],
    ['an undecodable path', 'GET', '/v1/conversions/%ff', undefined, 400],
    ['a negative limit', 'GET', '/v1/conversions?limit=-1', undefined, 422],
    ['an enormous limit', 'GET', '/v1/conversions?limit=99999999999999999999', undefined, 422],
    ['a cursor of nobody', 'GET', '/v1/conversions?cursor=abc', undefined, 422],
    ['an empty cursor', 'GET', '/v1/conversions?cursor=', undefined, 422],
    ['a cursor of another list', 'GET', `/v1/conversions?cursor=${encodeCursor({ id: 7 })}`, undefined, 422],
    ['an enormous offerId', 'GET', '/v1/conversions?offerId=99999999999999999999', undefined, 422],
    ['an empty offerId', 'GET', '/v1/conversions?offerId=', undefined, 422],
    ['NUL in a filter', 'GET', '/v1/conversions?clickId=%00', undefined, 422],
    ['a filter twice', 'GET', '/v1/conversions?status=done&status=pending', undefined, 422],
    ['an unknown filter', 'GET', '/v1/conversions?colour=red', undefined, 422],
    ['a time that is none', 'GET', '/v1/conversions?from=yesterday', undefined, 422],
    ['an unknown route', 'GET', '/v1/refunds', undefined, 404],
    ['an unknown method', 'DELETE', '/v1/conversions/:id', undefined, 404],
  ])('%s: %s %s is a 4xx problem', async (_, method, path, body, status) => {
    expect(problem(await service.call(method, path.replace(':id', id), body)).status).toBe(status);
  });

  it.each(['', ' ', 'x'.repeat(256)])('an Idempotency-Key "%s" is 422 naming the header', async (key) => {
    const answer = await service.call('POST', '/v1/conversions', input, { headers: { 'idempotency-key': key } });
    expect(problem(answer)).toEqual({ status: 422, paths: ['Idempotency-Key'] });
  });

  it('items of a batch that are none are each answered 422', async () => {
    const items = [null, 7, 'x', [], { ...input, idempotencyKey: '' }, { ...input, idempotencyKey: '\ud800' }, { ...input, offerId: 1e99 }];
    for (const route of ['batch', 'statuses']) {
      const { status, body } = await service.call('POST', `/v1/conversions/${route}`, { items });
      expect(status).toBe(200);
      expect(body.items.map((item: { status: number }) => item.status)).toEqual(items.map(() => 422));
    }
  });

  it('no token, or one for another service, is 401', async () => {
    const answer = await service.call('GET', '/v1/conversions', undefined, { headers: { authorization: 'Bearer x.y.z' } });
    expect(problem(answer).status).toBe(401);
  });
});
