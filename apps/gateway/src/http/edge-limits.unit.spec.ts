import { fastify } from 'fastify';
import { ProblemError } from '@ringback/service-runtime';
import type { Authenticator } from '../access/authenticator.js';
import { addReferencePage } from '../openapi/reference-page.js';
import { allowOrigins } from './allow-origins.js';
import { EdgeLimits, type EdgeLimitSettings } from './edge-limits.js';
import type { DeclaredEndpoint } from './endpoint.js';
import { installHttpEdge } from './http-edge.js';

const endpoint: DeclaredEndpoint = {
  operationId: 'listOffers',
  method: 'GET',
  path: '/v1/offers',
  tag: 'Offers',
  summary: 'List offers',
  access: 'configuration:read',
  scope: 'filtered',
  answers: {},
};

async function edge({ limits = { perAddress: 0, perCaller: 0 }, origins = [] }: { limits?: EdgeLimitSettings; origins?: string[] }) {
  let nowMs = 0;
  const app = fastify();
  const admit = (header: string | undefined) =>
    header === undefined
      ? Promise.reject(new ProblemError(401, 'sign in'))
      : Promise.resolve({ name: 'ada@example.com', role: 'viewer', permissions: [], scope: { offerIds: null } });
  allowOrigins(app, origins);
  installHttpEdge(app, { admit } as unknown as Authenticator, [endpoint], new EdgeLimits(limits, () => nowMs));
  addReferencePage(app);
  app.get('/v1/offers', { config: { endpoint } }, () => Promise.resolve([]));
  app.get('/health/live', () => Promise.resolve('alive'));
  app.setErrorHandler((error: ProblemError, _, reply) =>
    reply
      .status(error.status)
      .headers({ ...error.details.headers })
      .send(error.detail),
  );
  await app.ready();
  return {
    get: (url: string, authorization?: string, headers: Record<string, string> = {}) =>
      app.inject({ url, headers: { ...headers, ...(authorization === undefined ? {} : { authorization }) } }),
    preflight: (origin: string) =>
      app.inject({ method: 'OPTIONS', url: '/v1/offers', headers: { origin, 'access-control-request-method': 'GET' } }),
    later: (ms: number) => (nowMs += ms),
  };
}

describe('too many requests', () => {
  it('of one key are refused until there is room again, and every answer says how much there is', async () => {
    const { get, later } = await edge({ limits: { perAddress: 5, perCaller: 1 } });
    const first = await get('/v1/offers', 'Bearer a');
    expect(first.headers).toMatchObject({
      'ratelimit-policy': '"address";q=50;w=10, "caller";q=10;w=10',
      ratelimit: '"address";r=49;t=1, "caller";r=9;t=1',
    });
    for (let sent = 1; sent < 10; sent++) expect((await get('/v1/offers', 'Bearer a')).statusCode).toBe(200);
    const refused = await get('/v1/offers', 'Bearer a');
    expect({ status: refused.statusCode, retryAfter: refused.headers['retry-after'] }).toEqual({ status: 429, retryAfter: '1' });
    expect((await get('/v1/offers', 'Bearer b')).statusCode).toBe(200);
    later(1_000);
    expect((await get('/v1/offers', 'Bearer a')).statusCode).toBe(200);
  });

  it('of one address are refused before anybody is looked up, wrong tokens and unknown paths among them', async () => {
    const { get } = await edge({ limits: { perAddress: 1, perCaller: 0 } });
    const statuses = await Promise.all(
      Array.from({ length: 12 }, (_, index) => get(index % 2 === 0 ? '/v1/offers' : '/v1/nothing').then(({ statusCode }) => statusCode)),
    );
    expect(statuses.slice(0, 10).every((status) => status === 401 || status === 404)).toBe(true);
    expect(statuses.slice(10)).toEqual([429, 429]);
    expect((await get('/health/live')).statusCode).toBe(200);
  });

  it('are not counted where the limit is 0', async () => {
    const { get } = await edge({});
    const { headers } = await get('/v1/offers', 'Bearer a');
    expect(Object.keys(headers).filter((name) => name.startsWith('ratelimit'))).toEqual([]);
  });
});

describe('pages of other origins', () => {
  const access = (headers: object) => Object.keys(headers).filter((name) => name.startsWith('access-control'));

  it('may read nothing, unless they are listed', async () => {
    const closed = await edge({});
    expect(access((await closed.get('/v1/offers', 'Bearer a', { origin: 'https://admin.example' })).headers)).toEqual([]);
    expect(access((await closed.preflight('https://admin.example')).headers)).toEqual([]);
  });

  it('that are listed may, without cookies; others may not', async () => {
    const { get, preflight } = await edge({ origins: ['https://admin.example'] });
    const { statusCode, headers } = await preflight('https://admin.example');
    expect({ statusCode, headers }).toMatchObject({
      statusCode: 204,
      headers: { 'access-control-allow-origin': 'https://admin.example', 'access-control-allow-methods': expect.stringContaining('PATCH') },
    });
    expect(headers).not.toHaveProperty('access-control-allow-credentials');
    const answer = await get('/v1/offers', 'Bearer a', { origin: 'https://admin.example' });
    expect(answer.headers).toMatchObject({ 'access-control-allow-origin': 'https://admin.example', vary: 'origin' });
    for (const origin of ['https://admin.example.evil', 'http://admin.example', 'null'])
      expect(access((await get('/v1/offers', 'Bearer a', { origin })).headers)).toEqual([]);
  });
});

describe('the reference page', () => {
  it('is open, runs nothing inline, and takes everything it needs from the gateway', async () => {
    const { get } = await edge({});
    const page = await get('/v1/docs');
    expect(page.statusCode).toBe(200);
    const policy = String(page.headers['content-security-policy']);
    expect(policy).toContain("script-src 'self';");
    expect(policy).not.toContain('unsafe');
    expect(page.body).not.toMatch(/<script>|<style|style=|\son[a-z]+=|https?:/);
    const needed = [...page.body.matchAll(/(?:src|href)="([^"]+)"/g)].map((match) => match[1]!);
    expect(needed).toHaveLength(3);
    for (const path of needed) {
      const file = await get(path);
      expect({ path, status: file.statusCode }).toEqual({ path, status: 200 });
      expect(file.headers['content-type']).toMatch(path.endsWith('.css') ? /^text\/css/ : /^text\/javascript/);
      expect(file.body.length).toBeGreaterThan(50);
    }
  });
});
