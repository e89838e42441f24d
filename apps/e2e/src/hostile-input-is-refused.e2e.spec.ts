import type { Network } from './harness/network.js';
import { sharedSystem, type System } from './harness/system.js';

/** At the gateway, and at conversions-service as internal services reach it. */
describe('hostile input', () => {
  let system: System;
  let doors: [name: string, network: Network][];
  beforeAll(async () => {
    system = await sharedSystem();
    doors = [
      ['the gateway', system.network],
      ['conversions-service', await system.direct('conversions-service')],
    ];
  });
  afterAll(() => system.close());

  const good = '"offerId":1,"affiliateId":1';
  it.each<[string, string, string]>([
    ['a name twice', `{${good},"status":"done","status":"pending"}`, 'status stands there twice'],
    ['a name twice, once in other letters', `{${good},"status":"done","st\\u0061tus":"pending"}`, 'status stands there twice'],
    ['a name twice deep inside', `{${good},"status":"done","params":{"a":"1","a":"2"}}`, 'params.a stands there twice'],
    ['__proto__', `{${good},"status":"done","__proto__":{"admin":true}}`, '__proto__ is not a name'],
    [
      'constructor.prototype',
      `{${good},"status":"done","params":{"constructor":{"prototype":{"x":1}}}}`,
      'params.constructor is not a name',
    ],
    ['a hundred thousand levels', '{"params":'.repeat(100_000), 'deeper than 32 levels'],
    ['a list as deep', '['.repeat(100_000) + ']'.repeat(100_000), 'deeper than 32 levels'],
  ])('a body with %s is refused by name at every door', async (_, bytes, detail) => {
    for (const [door, network] of doors) {
      const { status, body } = await network.call('/v1/conversions', { method: 'POST', bytes });
      expect({ door, status, detail: body.detail }).toEqual({ door, status: 400, detail: expect.stringContaining(detail) });
    }
    expect(({} as Record<string, unknown>)['admin']).toBeUndefined();
  });

  it.each(['/v1/conversions/batch', '/v1/conversions/statuses'])('%s is as strict', async (path) => {
    for (const [, network] of doors)
      expect(await network.call(path, { method: 'POST', bytes: '{"items":[{"id":1,"id":2}]}' })).toMatchObject({
        status: 400,
        body: { errors: [{ path: 'items.0.id' }] },
      });
  });

  it('a body larger than the door takes is refused as too large, and the next is served', async () => {
    for (const [, network] of doors) {
      // It may be answered while it is still being sent; then the connection is closed, and either is a refusal.
      const answer = await network
        .call('/v1/conversions', { method: 'POST', bytes: Buffer.alloc(20 * 1024 * 1024, 0x20) })
        .then(({ status }) => status)
        .catch((error: NodeJS.ErrnoException) => error.code);
      expect([413, 'EPIPE', 'ECONNRESET']).toContain(answer);
      expect((await network.call('/v1/conversions?limit=1')).status).toBe(200);
    }
  });

  it.each(['a\r\nX-Injected: 1', 'a\nb', 'a\rb'])(
    'a callback whose header has the value %j is refused, as one and among macros',
    async (value) => {
      const { network } = system;
      const [offer, affiliate] = [await network.offer(), await network.affiliate()];
      for (const text of [value, `{sub1}${value}`]) {
        const callback = {
          affiliateId: affiliate.id,
          conversionStatus: 'done',
          httpType: 'GET',
          url: 'https://a.example/',
          requestHeaders: [{ name: 'X-A', value: text }],
        };
        expect(await network.call(`/v1/offers/${offer.id}/callbacks`, { method: 'POST', body: callback })).toMatchObject({
          status: 422,
          body: { errors: [{ path: 'requestHeaders.0.value' }] },
        });
      }
    },
  );

  it('CR LF that comes with a conversion becomes spaces in the header it fills', async () => {
    const { network } = system;
    const inbox = system.inbox();
    const [offer, affiliate] = [await network.offer(), await network.affiliate()];
    await network.callback(offer.id, {
      affiliateId: affiliate.id,
      url: inbox.url('{conversion_id}'),
      requestHeaders: [{ name: 'X-Sub', value: '{sub1}' }],
    });
    await network.convert({ offerId: offer.id, affiliateId: affiliate.id, sub1: 'a\r\nX-Injected: 1' });
    await system.settled({ offerId: offer.id });
    const [request] = inbox.requests();
    expect(request!.header('x-sub')).toBe('a  X-Injected: 1');
    expect(request!.header('x-injected')).toBeUndefined();
  });

  it('a request id with CR LF, or too long, is not taken over', async () => {
    for (const id of ['x'.repeat(101), 'a b', '{"a":1}']) {
      const { headers } = await system.network.call('/v1/offers', { headers: { 'x-request-id': id } });
      expect(headers['x-request-id']).toMatch(/^[0-9a-f-]{36}$/);
    }
  });
});
