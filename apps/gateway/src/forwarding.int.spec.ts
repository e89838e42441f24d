import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { pino } from 'pino';
import { ADMIN, BOOTSTRAP_KEY, GatewayUnderTest } from './testing/gateway-under-test.js';

const uuid = '01941f29-7c00-7a3e-9f10-5c2d8e41b6a7';

describe('a forwarded request', () => {
  let gateway: GatewayUnderTest;
  beforeAll(async () => {
    gateway = await GatewayUnderTest.start();
  });
  afterAll(() => gateway.stop());
  afterEach(() => {
    for (const service of Object.values(gateway.services)) service.answer = (request) => ({ status: 200, body: { echo: request.url } });
  });
  const offers = () => gateway.services['offers-service'];
  const conversions = () => gateway.services['conversions-service'];

  it('reaches the service with its path, query, bytes and caller', async () => {
    const bytes = '{ "name" : "Ünïcode \\ud83d\\ude00", "n": 1e999, "m": 1.0 }';
    await gateway.call('/v1/offers/7/goals', {
      method: 'POST',
      body: bytes,
      headers: { 'content-type': 'application/json; charset=utf-8' },
    });
    expect(offers().last()).toMatchObject({ method: 'POST', url: '/v1/offers/7/goals', body: bytes, actor: 'bootstrap' });
    await gateway.call('/v1/offers?search=a%26b%20c+d&limit=5');
    expect(offers().last().url).toBe('/v1/offers?search=a%26b%20c+d&limit=5');
  });

  it('carries If-Match, Idempotency-Key and the request id, and nothing of the client beside', async () => {
    await gateway.call('/v1/offers/7', {
      method: 'PATCH',
      json: {},
      headers: { 'if-match': '"3"', 'x-request-id': 'abc-1', cookie: 'a=b', 'x-forwarded-user': 'root' },
    });
    const { headers } = offers().last();
    expect(headers).toMatchObject({ 'if-match': '"3"', 'x-request-id': 'abc-1', accept: 'application/json' });
    expect(headers).not.toHaveProperty('cookie');
    expect(headers).not.toHaveProperty('x-forwarded-user');
    await gateway.post('/v1/conversions', {}, { headers: { 'idempotency-key': 'k\xe9y 1' } });
    expect(conversions().last().headers['idempotency-key']).toBe('k\xe9y 1');
  });

  it('gets back status, body, ETag, Location and Retry-After of the service', async () => {
    offers().answer = () => ({
      status: 201,
      body: { id: 9 },
      headers: { etag: '"1"', location: '/v1/offers/9', 'x-internal': 'no', 'set-cookie': 'a=b' },
    });
    const made = await gateway.post('/v1/offers', { name: 'a' }, { headers: { 'x-request-id': 'abc-2' } });
    expect(made).toMatchObject({ status: 201, body: { id: 9 } });
    expect(Object.fromEntries(made.headers)).toMatchObject({ etag: '"1"', location: '/v1/offers/9', 'x-request-id': 'abc-2' });
    expect(made.headers.has('x-internal')).toBe(false);
    expect(made.headers.has('set-cookie')).toBe(false);
    conversions().answer = () => ({
      status: 503,
      body: { type: 'about:blank', title: 'Service Unavailable', status: 503 },
      headers: { 'retry-after': '7' },
    });
    const refused = await gateway.post('/v1/conversions', {});
    expect(refused.status).toBe(503);
    expect(refused.headers.get('retry-after')).toBe('7');
  });

  it('gets back a 412 with the current version, byte for byte', async () => {
    const problem = '{"type":"about:blank","title":"Precondition Failed","status":412,"current":{"version":4,  "name":"new"}}';
    offers().answer = () => ({ status: 412, body: problem, headers: { etag: '"4"' } });
    const answer = await gateway.call('/v1/offers/7', { method: 'PATCH', json: { name: 'x' }, headers: { 'if-match': '"3"' } });
    expect(answer).toMatchObject({ status: 412, text: problem });
    expect(answer.headers.get('content-type')).toBe('application/problem+json');
    expect(answer.headers.get('etag')).toBe('"4"');
  });

  it('gets back 202 and 204 as they are', async () => {
    offers().answer = () => ({ status: 204 });
    expect(await gateway.call('/v1/offers/7/callbacks/1', { method: 'DELETE' })).toMatchObject({ status: 204, text: '' });
    offers().answer = () => ({ status: 202, body: { inForce: false } });
    expect(await gateway.call('/v1/offers/7/callbacks/1', { method: 'DELETE' })).toMatchObject({ status: 202, body: { inForce: false } });
  });

  it('goes to the service on behalf of the user who signed in', async () => {
    const session = await gateway.post('/v1/auth/sessions', ADMIN, { token: null });
    await gateway.call(`/v1/deliveries/${uuid}`, { token: session.body['accessToken'] as string });
    expect(gateway.services['dispatcher-service'].last()).toMatchObject({ url: `/v1/deliveries/${uuid}`, actor: ADMIN.email });
  });

  it('about pauses and what waits goes to the dispatcher, in the name of whoever pauses', async () => {
    const dispatcher = gateway.services['dispatcher-service'];
    dispatcher.answer = () => ({ status: 201, body: { id: 3 } });
    expect(await gateway.post('/v1/pauses', { scope: 'all' })).toMatchObject({ status: 201, body: { id: 3 } });
    expect(dispatcher.last()).toMatchObject({ method: 'POST', url: '/v1/pauses', body: '{"scope":"all"}', actor: 'bootstrap' });
    dispatcher.answer = () => ({ status: 204 });
    expect((await gateway.call('/v1/pauses/3', { method: 'DELETE' })).status).toBe(204);
    expect(dispatcher.last()).toMatchObject({ method: 'DELETE', url: '/v1/pauses/3' });
    await gateway.call('/v1/waiting?callbackId=7&limit=5');
    expect(dispatcher.last()).toMatchObject({ method: 'GET', url: '/v1/waiting?callbackId=7&limit=5' });
    const asked = dispatcher.requests.length;
    expect((await gateway.call('/v1/waiting?affiliateId=7')).status).toBe(422);
    expect((await gateway.call('/v1/pauses/x', { method: 'DELETE' })).status).toBe(404);
    expect(dispatcher.requests).toHaveLength(asked);
  });

  it('without a body needs none, whatever media type it names', async () => {
    const path = '/v1/offers/7/callbacks/1/versions/2/restore';
    expect((await gateway.call(path, { method: 'POST' })).status).toBe(200);
    expect((await gateway.call(path, { method: 'POST', headers: { 'content-type': 'application/json' } })).status).toBe(200);
    expect(offers().last()).toMatchObject({ url: path, body: '' });
  });

  it('as HEAD is asked as GET and answered without a body', async () => {
    const answer = await gateway.call('/v1/offers', { method: 'HEAD' });
    expect(answer).toMatchObject({ status: 200, text: '' });
    expect(offers().last().method).toBe('GET');
  });

  it('of 1,000 items goes through whole', async () => {
    const items = Array.from({ length: 1000 }, (_, index) => ({
      offerId: 1,
      affiliateId: 7,
      status: 'done',
      sub1: 'x'.repeat(5_000),
      transactionId: `T-${index}`,
    }));
    expect((await gateway.post('/v1/conversions/batch', { items })).status).toBe(200);
    expect(JSON.parse(conversions().last().body)).toEqual({ items });
  });
});

describe('a request that does not fit', () => {
  let gateway: GatewayUnderTest;
  beforeAll(async () => {
    gateway = await GatewayUnderTest.start();
  });
  afterAll(() => gateway.stop());
  afterEach(() => {
    for (const service of Object.values(gateway.services)) expect(service.requests).toEqual([]);
  });

  it.each([
    ['GET', '/v1/offers/-1', 404, 'offerId'],
    ['GET', '/v1/offers/0', 404, 'offerId'],
    ['GET', '/v1/offers/1e3', 404, 'offerId'],
    ['GET', '/v1/offers/2147483648', 404, 'offerId'],
    ['GET', '/v1/offers/99999999999999999999999999', 404, 'offerId'],
    ['GET', '/v1/offers/..%2f..%2fmetrics', 404, 'offerId'],
    ['GET', '/v1/offers/%00', 404, 'offerId'],
    ['GET', '/v1/offers/1/callbacks/abc', 404, 'callbackId'],
    ['DELETE', '/v1/offers/1/callbacks/-7', 404, 'callbackId'],
    ['POST', '/v1/offers/1/callbacks/2/versions/0/restore', 404, 'version'],
    ['GET', '/v1/conversions/1', 404, 'conversionId'],
    ['GET', '/v1/deliveries/not-a-uuid', 404, 'deliveryId'],
    ['GET', '/v1/offers?limit=201', 422, 'limit'],
    ['GET', '/v1/offers?limit=0', 422, 'limit'],
    ['GET', '/v1/offers?limit=1&limit=2', 422, 'limit'],
    ['GET', '/v1/offers?colour=red', 422, 'colour'],
    ['GET', '/v1/offers?search=%00', 422, 'search'],
    ['GET', '/v1/offers/1?colour=red', 422, 'colour'],
    ['GET', '/v1/offers?__proto__=1', 422, '__proto__'],
    ['GET', '/v1/deliveries?offerId=-1', 422, 'offerId'],
    ['GET', '/v1/deliveries?conversionId=7', 422, 'conversionId'],
    ['GET', '/v1/deliveries?from=yesterday', 422, 'from'],
    ['GET', '/v1/conversions?status=gone', 422, 'status'],
  ])('%s %s is answered %s naming %s', async (method, path, status, field) => {
    const answer = await gateway.call(path, { method });
    expect(answer).toMatchObject({ status, body: { status, errors: [{ path: field }] } });
    expect(answer.headers.get('content-type')).toContain('application/problem+json');
  });

  it.each([
    ['GET', '/v1/nothing', 404],
    ['GET', '/v1', 404],
    ['GET', '/v1/offers/', 404],
    ['GET', '/v1/offers//callbacks', 404],
    ['GET', '/v1/%ff', 400],
    ['GET', `/v1/offers/${'1'.repeat(600)}`, 414],
    ['OPTIONS', '/v1/nothing', 404],
  ])('%s %s is answered %s', async (method, path, status) => {
    expect(await gateway.call(path, { method })).toMatchObject({ status, body: { status } });
  });

  it.each([
    ['PUT', '/v1/offers', 'GET, POST'],
    ['DELETE', '/v1/offers/7', 'GET, PATCH'],
    ['GET', '/v1/conversions/batch/', undefined],
    ['POST', '/v1/macros', 'GET'],
    ['PATCH', `/v1/conversions/${uuid}/status`, 'PUT'],
    ['OPTIONS', '/v1/offers', 'GET, POST'],
  ])('%s %s is told what is possible: %s', async (method, path, allow) => {
    const answer = await gateway.call(path, { method });
    expect(answer.status).toBe(allow === undefined ? 404 : 405);
    expect(answer.headers.get('allow') ?? undefined).toBe(allow);
  });

  it.each([
    ['malformed JSON', '{"name":', 'application/json', 400],
    ['half a string', '{"name":"a', 'application/json', 400],
    ['bytes that are not UTF-8', Buffer.from([0x22, 0xff, 0x22]), 'application/json', 400],
    ['a byte order mark', '\ufeff{}', 'application/json', 400],
    ['a form', 'name=a', 'application/x-www-form-urlencoded', 415],
    ['plain text', 'name', 'text/plain', 415],
    ['JSON under another name', '{}', 'application/jsonp', 415],
    ['a multipart body', '--x--', 'multipart/form-data; boundary=x', 415],
    ['an unnamed body', Buffer.from('{}'), undefined, 415],
  ])('%s is refused', async (_, body, type, status) => {
    const answer = await gateway.call('/v1/offers', { method: 'POST', body, ...(type ? { headers: { 'content-type': type } } : {}) });
    expect(answer).toMatchObject({ status, body: { status, detail: expect.any(String) } });
  });

  it('30 MB are refused with 413, told beforehand or streamed', async () => {
    const body = Buffer.alloc(30 * 1024 * 1024, 0x20);
    const headers = { 'content-type': 'application/json' };
    expect((await gateway.call('/v1/conversions/batch', { method: 'POST', body, headers })).status).toBe(413);
    const streamed = new Blob([body]).stream();
    expect((await gateway.call('/v1/conversions/batch', { method: 'POST', body: streamed, headers, duplex: 'half' })).status).toBe(413);
  });

  it('more than 1 MiB is refused where no batch is expected', async () => {
    expect((await gateway.post('/v1/conversions', { sub1: 'x'.repeat(1024 * 1024) })).status).toBe(413);
  });

  it('answers carry the security headers, and open nothing to other origins', async () => {
    for (const path of ['/v1/nothing', '/v1/offers?x=1', '/v1/openapi.json', '/health/live']) {
      const { headers } = await gateway.call(path, { headers: { origin: 'https://evil.example' } });
      expect(Object.fromEntries(headers)).toMatchObject({
        'x-content-type-options': 'nosniff',
        'x-frame-options': 'DENY',
        'cache-control': 'no-store',
      });
      expect([...headers.keys()].filter((name) => name.startsWith('access-control'))).toEqual([]);
    }
  });
});

describe('a service in trouble', () => {
  let gateway: GatewayUnderTest;
  beforeAll(async () => {
    gateway = await GatewayUnderTest.start({ timeoutMs: 1_000, maxAnswerBytes: 10_000 });
  });
  afterAll(() => gateway.stop());
  const offers = () => gateway.services['offers-service'];

  it.each([
    ['never answers', () => null],
    [
      'sends its answer a byte at a time, for ever',
      (_: unknown, response: import('node:http').ServerResponse) => {
        response.writeHead(200, { 'content-type': 'application/json' });
        const drip = setInterval(() => response.write(' '), 50);
        response.on('close', () => clearInterval(drip));
        return null;
      },
    ],
    [
      'breaks off',
      (_: unknown, response: import('node:http').ServerResponse) => {
        response.writeHead(200, { 'content-type': 'application/json', 'content-length': '100' });
        response.write('{');
        setImmediate(() => response.destroy());
        return null;
      },
    ],
    [
      'hangs up',
      (_: unknown, response: import('node:http').ServerResponse) => {
        response.destroy();
        return null;
      },
    ],
  ])('that %s is answered 503 in time, naming it', async (_, answer) => {
    offers().answer = answer;
    const startedAt = performance.now();
    const refused = await gateway.call('/v1/offers');
    expect(performance.now() - startedAt).toBeLessThan(5_000);
    expect(refused).toMatchObject({ status: 503, body: { detail: expect.stringContaining('offers-service') } });
    expect(refused.headers.get('retry-after')).toBe('1');
  });

  it('is never asked twice for a change', async () => {
    offers().requests.length = 0;
    offers().answer = (_, response) => {
      response.destroy();
      return null;
    };
    const refused = await gateway.post('/v1/offers', { name: 'a' });
    expect(refused).toMatchObject({ status: 503, body: { detail: expect.stringContaining('may have done') } });
    expect(offers().requests).toHaveLength(1);
  });

  it.each([
    ['is too large', { status: 200, body: { filler: 'x'.repeat(20_000) } }, 502],
    ['is HTML', { status: 500, body: '<html>secret stack</html>', headers: { 'content-type': 'text/html' } }, 502],
    ['is a redirect', { status: 302, headers: { location: 'http://169.254.169.254/' } }, 502],
    ['refuses the gateway itself', { status: 401, body: { status: 401 } }, 502],
  ])('whose answer %s becomes a problem of the gateway', async (_, answer, status) => {
    offers().answer = () => answer;
    const refused = await gateway.call('/v1/offers');
    expect(refused).toMatchObject({ status, body: { status, detail: expect.stringContaining('offers-service') } });
    expect(refused.text).not.toContain('secret');
    expect(refused.headers.has('www-authenticate')).toBe(false);
  });

  it('that speaks no HTTP becomes a problem of the gateway', async () => {
    const service = gateway.services['dispatcher-service'];
    const { port } = service;
    await service.stop();
    const noise = createServer((socket) => socket.resume().end('SSH-2.0-OpenSSH_9.9\r\n'));
    await new Promise<void>((resolve) => noise.listen(port, '127.0.0.1', resolve));
    expect((noise.address() as AddressInfo).port).toBe(port);
    const refused = await gateway.call('/v1/deliveries');
    expect(refused).toMatchObject({ status: 502, body: { detail: expect.stringContaining('dispatcher-service') } });
    await new Promise((resolve) => noise.close(resolve));
  });

  it('that is down is answered 503, and works again once it is back, with nothing done by hand', async () => {
    const { port } = offers();
    await offers().stop();
    const refused = await gateway.call('/v1/offers');
    expect(refused).toMatchObject({ status: 503, body: { detail: 'offers-service is away: try again shortly' } });
    expect(refused.headers.get('content-type')).toContain('application/problem+json');
    const { FakeService } = await import('./testing/fake-service.js');
    const revived = await FakeService.start('offers-service', 'a service token secret of 32 characters', port);
    expect((await gateway.call('/v1/offers')).status).toBe(200);
    await revived.stop();
  });
});

describe('a gateway with another SERVICE_TOKEN_SECRET than the services', () => {
  let gateway: GatewayUnderTest;
  beforeAll(async () => {
    gateway = await GatewayUnderTest.start({ gatewaySecret: 'another service token secret of 32 chars' });
  });
  afterAll(() => gateway.stop());

  it('says so with 502, not 401', async () => {
    expect((await gateway.call('/v1/offers')).status).toBe(502);
  });
});

describe('the log', () => {
  const lines: string[] = [];
  let gateway: GatewayUnderTest;
  beforeAll(async () => {
    const logger = pino({ level: 'trace' }, { write: (line: string) => void lines.push(line) });
    gateway = await GatewayUnderTest.start({ logger, timeoutMs: 1_000 });
  });
  afterAll(() => gateway.stop());

  it('holds neither tokens nor bodies, also of what failed', async () => {
    const offers = gateway.services['offers-service'];
    const secret = 'a-very-secret-value';
    await gateway.post('/v1/auth/sessions', { ...ADMIN, password: secret }, { token: null });
    await gateway.post('/v1/auth/sessions', { ...ADMIN, password: secret, [secret]: 1 }, { token: null });
    offers.answer = () => null;
    await gateway.post('/v1/offers', { name: secret });
    offers.answer = () => ({ status: 200, body: `<${secret}>`, headers: { 'content-type': 'text/html' } });
    await gateway.post('/v1/offers', { name: secret });
    const token = offers.last().headers.authorization!.slice('Bearer '.length);
    await offers.stop();
    await gateway.post('/v1/offers', { name: secret });
    const log = lines.join('');
    expect(log).toContain('offers-service is away');
    for (const hidden of [secret, token, token.split('.')[2]!, BOOTSTRAP_KEY, ADMIN.password]) expect(log).not.toContain(hidden);
  });
});
