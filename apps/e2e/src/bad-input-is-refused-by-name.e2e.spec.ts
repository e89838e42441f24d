import { sharedSystem, type System } from './harness/system.js';

/** 4xx problem+json naming the field; never a 5xx. */
describe('bad input is refused by name', () => {
  let system: System;
  let ids: { offerId: number; affiliateId: number };
  let callbacks: string;
  beforeAll(async () => {
    system = await sharedSystem();
    ids = { offerId: (await system.network.offer()).id, affiliateId: (await system.network.affiliate()).id };
    callbacks = `/v1/offers/${ids.offerId}/callbacks`;
  });
  afterAll(() => system.close());

  const post = (path: string, body: unknown) => system.network.call(path, { method: 'POST', body });

  async function expectRefused(answer: Promise<{ status: number; headers: Record<string, unknown>; body: unknown }>, path?: string) {
    const { status, headers, body } = await answer;
    expect({ status, body }).toMatchObject({ status: expect.any(Number), body: { status } });
    expect(status).toBeGreaterThanOrEqual(400);
    expect(status).toBeLessThan(500);
    expect(headers['content-type']).toContain('application/problem+json');
    if (path !== undefined) expect((body as { errors: { path: string }[] }).errors.map((error) => error.path)).toContain(path);
  }

  const callback = (fields: Record<string, unknown>) => ({
    affiliateId: ids.affiliateId,
    conversionStatus: 'done',
    httpType: 'GET',
    url: 'https://a.example/',
    ...fields,
  });
  it.each<[string, Record<string, unknown>, string]>([
    ['an unknown macro', { url: 'https://a.example/?x={clik_id}' }, 'url'],
    ['an unknown modifier', { url: 'https://a.example/?x={click_id|uper}' }, 'url'],
    ['a macro in the host', { url: 'https://{sub1}.example/' }, 'url'],
    ['user:pass@ in the URL', { url: 'https://u:p@a.example/' }, 'url'],
    ['another scheme', { url: 'ftp://a.example/' }, 'url'],
    ['an unknown field', { colour: 'red' }, 'colour'],
    ['a wrong type', { timeoutMs: 'soon' }, 'timeoutMs'],
    ['a missing goal', { goalId: 2_000_000_000 }, 'goalId'],
    ['a foreign affiliate', { affiliateId: 2_000_000_000 }, 'affiliateId'],
    ['a timeout above 30 s', { timeoutMs: 30_001 }, 'timeoutMs'],
    [
      'user beside user.id',
      {
        httpType: 'POST_JSON',
        requestParams: [
          { name: 'user', value: '1' },
          { name: 'user.id', value: '2' },
        ],
      },
      'requestParams.1.name',
    ],
    [
      'a name twice in JSON',
      {
        httpType: 'POST_JSON',
        requestParams: [
          { name: 'a', value: '1' },
          { name: 'a', value: '2' },
        ],
      },
      'requestParams.1.name',
    ],
    [
      'Authorization beside Basic Auth',
      { basicAuth: { token: 'x' }, requestHeaders: [{ name: 'authorization', value: 'x' }] },
      'requestHeaders.0.name',
    ],
    ['Host as a header', { requestHeaders: [{ name: 'Host', value: 'x' }] }, 'requestHeaders.0.name'],
    ['webhook-id as a header', { requestHeaders: [{ name: 'Webhook-Id', value: 'x' }] }, 'requestHeaders.0.name'],
    ['a header name that is no token', { requestHeaders: [{ name: 'X Y', value: 'x' }] }, 'requestHeaders.0.name'],
    ['CR LF in a header value', { requestHeaders: [{ name: 'X-Y', value: 'a\r\nb' }] }, 'requestHeaders.0.value'],
    ['NUL in a name', { name: 'a\u0000' }, 'name'],
    ['a lone surrogate in a URL', { url: 'https://a.example/\ud800' }, 'url'],
  ])('a callback with %s', async (_, fields, path) => {
    await expectRefused(post(callbacks, callback(fields)), path);
  });

  it('an unknown macro names the nearest known one', async () => {
    const { body } = await post(callbacks, callback({ url: 'https://a.example/?x={clik_id}' }));
    expect(JSON.stringify(body)).toContain('click_id');
  });

  it('a goal of another offer', async () => {
    const other = await system.network.offer({ goalsEnabled: true });
    const goal = await system.network.goal(other.id);
    const mine = await system.network.offer({ goalsEnabled: true });
    await expectRefused(post(`/v1/offers/${mine.id}/callbacks`, callback({ goalId: goal.id })), 'goalId');
    await expectRefused(
      post('/v1/conversions', { offerId: mine.id, affiliateId: ids.affiliateId, goalId: goal.id, status: 'done' }),
      'goalId',
    );
  });

  it.each<[string, Record<string, unknown>, string]>([
    ['an unknown offer', { offerId: 2_000_000_000 }, 'offerId'],
    ['a negative id', { offerId: -5 }, 'offerId'],
    ['an enormous id', { affiliateId: 1e30 }, 'affiliateId'],
    ['a fraction as id', { affiliateId: 1.5 }, 'affiliateId'],
    ['a foreign affiliate', { affiliateId: 2_000_000_000 }, 'affiliateId'],
    ['an unknown field', { colour: 'red' }, 'colour'],
    ['a wrong type', { clickId: 7 }, 'clickId'],
    ['no status', { status: undefined }, 'status'],
    ['money without currency', { payout: '1.00' }, 'currency'],
    ['NUL', { sub5: '\u0000' }, 'sub5'],
    ['a lone surrogate', { params: { a: '\udfff' } }, 'params.a'],
    ['a currency that is none', { payout: '1', currency: 'euro' }, 'currency'],
  ])('a conversion with %s', async (_, fields, path) => {
    await expectRefused(post('/v1/conversions', { ...ids, status: 'pending', ...fields }), path);
  });

  it.each([
    ['/v1/offers', '{"name":"a"'],
    ['/v1/conversions', '{"offerId":1,}'],
    ['/v1/conversions/batch', '[1,2'],
    ['/v1/affiliates', '\u0000'],
    ['/v1/conversions', '"text"'],
    ['/v1/conversions', 'null'],
    ['/v1/offers', ''],
  ])('POST %s with %j', async (path, bytes) => {
    await expectRefused(system.network.call(path, { method: 'POST', bytes }));
  });

  it('a body of 30 MB', async () => {
    const bytes = Buffer.alloc(30 * 1024 * 1024, 0x20);
    // The answer may come while the body is still being sent; then the connection is closed, and either is a refusal.
    const answer = await system.network
      .call('/v1/conversions', { method: 'POST', bytes })
      .catch((error: NodeJS.ErrnoException) => error.code);
    if (typeof answer === 'string') expect(['EPIPE', 'ECONNRESET']).toContain(answer);
    else expect(answer).toMatchObject({ status: 413, body: { status: 413 } });
    await system.network.affiliate('still answering');
  });

  it.each([
    '/v1/offers/-1',
    '/v1/offers/0',
    '/v1/offers/99999999999999999999',
    '/v1/offers/abc',
    '/v1/offers/1.5',
    '/v1/offers/%00',
    '/v1/offers/2000000000',
    '/v1/offers?cursor=nonsense',
    '/v1/offers?limit=0',
    '/v1/offers?limit=100000',
    '/v1/offers?status=gone',
    '/v1/offers?search=%00',
    '/v1/offers?colour=red',
    '/v1/affiliates?cursor=eyJ4IjoxfQ',
    '/v1/affiliates/-1',
    '/v1/offers/1/callbacks/99999999999',
    '/v1/offers/1/callbacks?cursor=%ff',
    '/v1/conversions/none',
    '/v1/conversions/00000000-0000-0000-0000-00000000000g',
    '/v1/conversions?cursor=x',
    '/v1/conversions?offerId=-1',
    '/v1/conversions?from=yesterday',
    '/v1/conversions?transactionId=%00',
    '/v1/deliveries/none',
    '/v1/deliveries?cursor=x',
    '/v1/deliveries?status=lost',
    '/v1/deliveries?callbackId=1e99',
    '/v1/deliveries?to=2026',
    '/v1/deliveries?limit=-5',
    '/v1/nothing',
    '/%',
    '/v1/conversions/0190c0de-0000-7000-8000-000000000001',
    '/v1/deliveries/0190c0de-0000-8000-8000-000000000001',
  ])('GET %s', async (path) => {
    await expectRefused(system.network.call(path));
  });

  it.each(['/v1/offers', '/v1/affiliates', '/v1/conversions', '/v1/deliveries', '/v1/macros'])(
    'GET %s without credentials, and with wrong ones',
    async (path) => {
      for (const authorization of ['', 'Bearer nonsense', 'Basic YTpi', 'Bearer eyJhbGciOiJub25lIn0.eyJzdWIiOiJ4In0.']) {
        const answer = await system.network.call(path, { headers: { authorization } });
        expect(answer).toMatchObject({ status: 401, body: { status: 401 } });
      }
    },
  );

  it.each(['/v1/offers/2000000000', '/v1/conversions/0190c0de-0000-7000-8000-000000000001', '/v1/pauses/2000000000'])(
    'the refusal of %s carries the request id through the service that refused',
    async (path) => {
      const method = path.includes('pauses') ? 'DELETE' : 'GET';
      const { headers, body } = await system.network.call(path, { method, headers: { 'x-request-id': 'trace-me.1' } });
      expect({ header: headers['x-request-id'], body }).toMatchObject({
        header: 'trace-me.1',
        body: { status: 404, requestId: 'trace-me.1' },
      });
    },
  );

  it('an edit of what was edited meanwhile is refused with the current version', async () => {
    const made = await system.network.callback(ids.offerId, { affiliateId: ids.affiliateId, url: 'https://a.example/' });
    const path = `${callbacks}/${made.id}`;
    const { headers } = await system.network.call(path);
    const etag = String(headers['etag']);
    expect((await system.network.call(path, { method: 'PATCH', body: { name: 'first' }, headers: { 'if-match': etag } })).status).toBe(200);
    const second = await system.network.call(path, { method: 'PATCH', body: { name: 'second' }, headers: { 'if-match': etag } });
    expect(second).toMatchObject({ status: 412, body: { current: { name: 'first', version: 2 } } });
  });
});
