import type { ServerResponse } from 'node:http';
import { eventually } from '@ringback/testbed';
import { BOOTSTRAP_KEY, GatewayUnderTest } from './testing/gateway-under-test.js';

describe('an export through the gateway', () => {
  let gateway: GatewayUnderTest;
  let response: ServerResponse | null = null;
  let lastUrl = '';

  beforeAll(async () => {
    gateway = await GatewayUnderTest.start();
  });
  afterAll(() => gateway.stop());
  beforeEach(() => {
    gateway.services['dispatcher-service'].answer = (request, answering) => {
      lastUrl = request.url;
      answering.writeHead(200, {
        'content-type': 'application/x-ndjson; charset=utf-8',
        'content-disposition': 'attachment; filename="deliveries.ndjson"',
      });
      answering.write('{"a":1}\n');
      response = answering;
      return null;
    };
  });

  const open = (signal?: AbortSignal) =>
    fetch(`${gateway.base}/v1/deliveries/export?format=ndjson&offerId=7`, {
      headers: { authorization: `Bearer ${BOOTSTRAP_KEY}` },
      ...(signal === undefined ? {} : { signal }),
    });

  it('comes as it is read, before it has ended, with its name', async () => {
    const answer = await open();
    expect(answer.status).toBe(200);
    expect(lastUrl).toBe('/v1/deliveries/export?format=ndjson&offerId=7');
    expect(answer.headers.get('content-disposition')).toBe('attachment; filename="deliveries.ndjson"');
    expect(answer.headers.get('content-type')).toContain('application/x-ndjson');
    expect(answer.headers.get('cache-control')).toBe('no-store');
    const reader = answer.body!.getReader();
    expect(Buffer.from((await reader.read()).value!).toString()).toBe('{"a":1}\n');
    response!.end('{"a":2}\n');
    expect(Buffer.from((await reader.read()).value!).toString()).toBe('{"a":2}\n');
    expect((await reader.read()).done).toBe(true);
  });

  it('that the service breaks off breaks off for the client too', async () => {
    const answer = await open();
    const reader = answer.body!.getReader();
    await reader.read();
    response!.destroy();
    await expect(reader.read()).rejects.toThrow();
  });

  it('that the client leaves ends at the service, and is read no faster than the client reads', async () => {
    const abort = new AbortController();
    const answer = await open(abort.signal);
    await answer.body!.getReader().read();
    const upstream = response!;
    let isFull = false;
    for (let written = 0; written < 64 * 2 ** 20 && !isFull; written += 2 ** 20) {
      if (upstream.write(Buffer.alloc(2 ** 20))) continue;
      const wasDrained = await Promise.race([
        new Promise<boolean>((resolve) => upstream.once('drain', () => resolve(true))),
        new Promise<boolean>((resolve) => setTimeout(() => resolve(false), 500)),
      ]);
      isFull = !wasDrained;
    }
    expect(isFull).toBe(true);
    abort.abort();
    await eventually(() => upstream.destroyed);
  });

  it('that is refused is answered as any refusal is', async () => {
    gateway.services['dispatcher-service'].answer = () => ({
      status: 429,
      headers: { 'retry-after': '10' },
      body: { type: 'about:blank', title: 'Too Many Requests', status: 429, detail: '4 exports are under way' },
    });
    const answer = await gateway.call('/v1/deliveries/export');
    expect(answer).toMatchObject({ status: 429, body: { detail: '4 exports are under way' } });
    expect(answer.headers.get('retry-after')).toBe('10');
    expect(await gateway.call('/v1/deliveries/export?limit=3')).toMatchObject({ status: 422 });
    expect((await gateway.call('/v1/deliveries/export', { token: await gateway.keyOf('service') })).status).toBe(403);
  });
});
