import { mkdtempSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { GatewayUnderTest } from './testing/gateway-under-test.js';

const page = { headers: { accept: 'text/html,application/xhtml+xml,*/*;q=0.8' }, token: null };
const script = 'export const answer = 42;';

describe('the console', () => {
  let folder: string;
  let gateway: GatewayUnderTest;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'console-'));
    mkdirSync(join(folder, 'assets'));
    writeFileSync(join(folder, 'index.html'), '<!doctype html><title>Ringback</title>');
    writeFileSync(join(folder, 'assets/main-a1b2c3d4.js'), script);
    writeFileSync(join(folder, 'assets/main-a1b2c3d4.js.gz'), gzipSync(script));
    gateway = await GatewayUnderTest.start({ consoleFolder: folder });
  });
  afterAll(async () => {
    await gateway.stop();
    rmSync(folder, { recursive: true });
  });

  it('is a page at / that is asked for again each time and runs no inline script', async () => {
    const answer = await gateway.call('/', { token: null });
    expect(answer.status).toBe(200);
    expect(answer.text).toContain('<title>Ringback</title>');
    expect(answer.headers.get('content-type')).toMatch(/^text\/html/);
    expect(answer.headers.get('cache-control')).toBe('no-cache');
    const policy = answer.headers.get('content-security-policy')!;
    expect(policy).toContain("default-src 'none'");
    expect(policy).toMatch(/script-src 'self'(;|$)/);
    expect(answer.headers.get('x-content-type-options')).toBe('nosniff');
  });

  it('has its scripts kept for ever, and sends them compressed', async () => {
    const answer = await gateway.call('/assets/main-a1b2c3d4.js', { token: null, headers: { 'accept-encoding': 'gzip' } });
    expect(answer).toMatchObject({ status: 200, text: script });
    expect(answer.headers.get('cache-control')).toBe('public, max-age=31536000, immutable');
    expect(answer.headers.get('content-type')).toMatch(/javascript/);
    expect(answer.headers.get('content-encoding')).toBe('gzip');
  });

  it('answers its own paths with the page when a browser asks for one', async () => {
    for (const path of ['/offers/7/callbacks?search=a', '/deliveries', '/v2'])
      expect(await gateway.call(path, page)).toMatchObject({ status: 200, text: expect.stringContaining('Ringback') });
  });

  it('is no answer to what is no page: a missing script, an unknown route of the API, another method', async () => {
    expect(await gateway.call('/assets/main-old.js', { token: null })).toMatchObject({ status: 404 });
    for (const path of ['/v1/nothing', '/v1', '/health/nothing']) expect((await gateway.call(path, page)).status).toBe(404);
    expect((await gateway.call('/offers', { ...page, method: 'POST' })).status).toBe(404);
  });

  it('gives out nothing beside its build', async () => {
    for (const path of ['/../package.json', '/%2e%2e/package.json', '/..%2fpackage.json', '/assets'])
      expect(await gateway.call(path, { token: null })).toMatchObject({ status: 404 });
  });
});

describe('a console that was not built', () => {
  it('is said at /, and the gateway runs all the same', async () => {
    const gateway = await GatewayUnderTest.start({ consoleFolder: join(tmpdir(), 'no-console-here') });
    try {
      expect(await gateway.call('/', page)).toMatchObject({ status: 503, text: expect.stringContaining('npm run build') });
      expect((await gateway.call('/v1/openapi.json', { token: null })).status).toBe(200);
    } finally {
      await gateway.stop();
    }
  });
});
