import { Body, Controller, Get, Module, Param, Post, Query, type INestApplication } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import { idSchema, name } from '@ringback/contracts';
import { eventually } from '@ringback/testbed';
import { SignJWT } from 'jose';
import { pino } from 'pino';
import { z } from 'zod';
import {
  body,
  createHttpApp,
  CurrentActor,
  Health,
  Registry,
  param,
  problem,
  query,
  ServiceTokenGuard,
  signServiceToken,
  verifyServiceToken,
  type Actor,
} from './index.js';

const secret = 'a-secret-of-at-least-32-characters!!';
const inputSchema = z.strictObject({ name: name(50), count: z.int().optional() });

@Controller('v1/things')
class ThingsController {
  @Post()
  create(@Body(body(inputSchema)) input: z.infer<typeof inputSchema>, @CurrentActor() actor: Actor) {
    return { ...input, by: actor.name };
  }
  @Get()
  list(@Query(query(z.strictObject({ limit: z.coerce.number().int().max(200).default(50) }))) page: { limit: number }) {
    return page;
  }
  @Get('away')
  away() {
    throw Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' });
  }
  @Get('bug')
  bug() {
    throw new TypeError('the inside of the service');
  }
  @Get('stale')
  stale() {
    throw problem.preconditionFailed('it was edited meanwhile', { version: 2 }, '"2"');
  }
  @Get('of/:offerId')
  ofOffer(@Param('offerId') offerId: string) {
    return { offerId };
  }
  @Get(':id')
  one(@Param('id', param('id', z.coerce.number().pipe(idSchema))) id: number) {
    return { id };
  }
}

@Module({
  controllers: [ThingsController],
  providers: [{ provide: APP_GUARD, useValue: new ServiceTokenGuard({ secret, audience: 'things' }) }],
})
class ThingsModule {}

describe('an HTTP app', () => {
  let app: INestApplication;
  let base: string;
  let token: string;
  const health = new Health();
  const metrics = new Registry();
  const lines: Record<string, unknown>[] = [];
  const logger = pino({ level: 'debug' }, { write: (line: string) => lines.push(JSON.parse(line) as Record<string, unknown>) });

  beforeAll(async () => {
    const made = await createHttpApp(ThingsModule, { logger, health, metrics, bodyLimitBytes: 1000 });
    await made.listen(0, '127.0.0.1');
    app = made;
    base = await made.getUrl();
    token = await signServiceToken({ secret, audience: 'things', actor: { name: 'ada@example.com' } });
  });
  afterAll(() => app.close());

  const call = async (path: string, init: RequestInit = {}) => {
    const answer = await fetch(base + path, { ...init, headers: { authorization: `Bearer ${token}`, ...init.headers } });
    return { status: answer.status, headers: answer.headers, body: (await answer.json()) as Record<string, unknown> };
  };
  const post = (bytes: string, headers: Record<string, string> = { 'content-type': 'application/json' }) =>
    call('/v1/things', { method: 'POST', body: bytes, headers });

  it('hands the actor of the service token to the route', async () => {
    expect((await post('{"name":"a"}')).body).toEqual({ name: 'a', by: 'ada@example.com' });
  });

  it.each([
    ['no token', {}],
    ['a forged token', { authorization: 'Bearer abc.def.ghi' }],
    [
      'alg none',
      {
        authorization: `Bearer ${Buffer.from('{"alg":"none"}').toString('base64url')}.${Buffer.from('{"sub":"x"}').toString('base64url')}.`,
      },
    ],
  ])('refuses %s with 401', async (_, headers) => {
    const answer = await fetch(`${base}/v1/things`, { headers });
    expect(answer.status).toBe(401);
    expect(answer.headers.get('content-type')).toContain('application/problem+json');
  });

  it('hands how far the actor may reach to the route', async () => {
    const scoped = await signServiceToken({ secret, audience: 'things', actor: { name: 'key', offerIds: [3, 4] } });
    expect((await verifyServiceToken(scoped, { secret, audience: 'things' })).offerIds).toEqual([3, 4]);
    expect((await verifyServiceToken(token, { secret, audience: 'things' })).offerIds).toBeNull();
  });

  it('knows no offer in a path that the actor does not reach', async () => {
    const scoped = await signServiceToken({ secret, audience: 'things', actor: { name: 'key', offerIds: [3] } });
    const headers = { authorization: `Bearer ${scoped}` };
    expect((await call('/v1/things/of/3', { headers })).status).toBe(200);
    expect(await call('/v1/things/of/4', { headers })).toMatchObject({ status: 404, body: { detail: 'offer 4 does not exist' } });
    expect((await call('/v1/things/of/4')).status).toBe(200);
  });

  it.each([
    ['says nothing of it', {}],
    ['says nonsense of it', { offers: 'all' }],
    ['is limited to nothing', { offers: [] }],
  ])('refuses a token that %s', async (_, claims) => {
    const unclear = await new SignJWT(claims)
      .setProtectedHeader({ alg: 'HS256' })
      .setIssuer('ringback')
      .setAudience('things')
      .setSubject('x')
      .setExpirationTime('60s')
      .sign(Buffer.from(secret, 'utf8'));
    expect((await call('/v1/things', { headers: { authorization: `Bearer ${unclear}` } })).status).toBe(401);
  });

  it('takes the secret before the present one as well, while it is told of it', async () => {
    const check = { secret: 'the new secret of at least 32 characters', audience: 'things' };
    await expect(verifyServiceToken(token, check)).rejects.toMatchObject({ status: 401 });
    expect(await verifyServiceToken(token, { ...check, previousSecret: secret })).toMatchObject({ name: 'ada@example.com' });
    const another = await signServiceToken({ secret: 'neither of them, of 32 characters', audience: 'things', actor: { name: 'x' } });
    await expect(verifyServiceToken(another, { ...check, previousSecret: secret })).rejects.toMatchObject({ status: 401 });
  });

  it('refuses a token for another service', async () => {
    const other = await signServiceToken({ secret, audience: 'others', actor: { name: 'x' } });
    expect((await call('/v1/things', { headers: { authorization: `Bearer ${other}` } })).status).toBe(401);
  });

  it.each([
    ['an unknown field', '{"name":"a","colour":"red"}', 422, 'colour'],
    ['a wrong type', '{"name":7}', 422, 'name'],
    ['a missing field', '{}', 422, 'name'],
    ['NUL in a string', '{"name":"a\\u0000"}', 422, 'name'],
    ['a lone surrogate', '{"name":"\\ud800"}', 422, 'name'],
  ])('%s is answered %s naming the field', async (_, bytes, status, path) => {
    const answer = await post(bytes);
    expect(answer.status).toBe(status);
    expect(answer.body).toMatchObject({ status, errors: [{ path }], requestId: expect.any(String) });
  });

  it.each([
    ['malformed JSON', '{"name":', 400, undefined],
    ['an empty JSON body', '', 400, undefined],
    ['a body over the limit', JSON.stringify({ name: 'a'.repeat(2000) }), 413, undefined],
    ['another media type', 'name=a', 415, 'text/csv'],
    ['a prototype name', '{"__proto__":{"a":1},"name":"a"}', 400, undefined],
  ])('%s is a problem', async (_, bytes, status, type) => {
    const answer = await post(bytes, { 'content-type': type ?? 'application/json' });
    expect(answer).toMatchObject({ status, body: { status, type: 'about:blank' } });
    expect(answer.headers.get('content-type')).toContain('application/problem+json');
  });

  it.each([
    ['/v1/things/-1', 404],
    ['/v1/things/99999999999999999999', 404],
    ['/v1/things/%00', 404],
    ['/v1/nothing', 404],
    ['/v1/things/%ff', 400],
    ['/v1/things?limit=abc', 422],
    ['/v1/things?limit=10&colour=red', 422],
    ['/v1/things/away', 503],
    ['/v1/things/bug', 500],
    ['/v1/things/stale', 412],
  ])('GET %s is answered %s as a problem', async (path, status) => {
    const answer = await call(path);
    expect(answer).toMatchObject({ status, body: { status } });
    expect(JSON.stringify(answer.body)).not.toContain('the inside of the service');
  });

  it('answers a request line that is too long with a problem, though nothing read it', async () => {
    const answer = await call(`/v1/things?limit=${'1'.repeat(20_000)}`);
    expect(answer).toMatchObject({ status: 431, body: { status: 431, title: 'Request Header Fields Too Large' } });
    expect(answer.headers.get('content-type')).toBe('application/problem+json');
  });

  it('carries the current version beside a 412', async () => {
    expect((await call('/v1/things/stale')).body['current']).toEqual({ version: 2 });
  });

  it('keeps a harmless request id and answers it', async () => {
    expect((await call('/v1/things', { headers: { 'x-request-id': 'abc-1' } })).headers.get('x-request-id')).toBe('abc-1');
  });

  it('writes one line for each request: what was asked, by whom, and its id, but nothing of what its URL held', async () => {
    const marked = { 'x-request-id': 'line-1' };
    await call('/v1/things/7?limit=hidden', { headers: marked });
    const line = () => lines.filter(({ requestId, msg }) => requestId === 'line-1' && msg === 'request');
    await eventually(() => line().length === 1);
    expect(line()).toEqual([
      expect.objectContaining({
        level: 30,
        method: 'GET',
        route: '/v1/things/:id',
        status: 200,
        ms: expect.any(Number),
        caller: 'ada@example.com',
      }),
    ]);
    expect(JSON.stringify(line())).not.toContain('hidden');
  });

  it('tells of requests that machines make every few seconds only at debug, and of nobody where nobody was let in', async () => {
    await fetch(`${base}/health/live`, { headers: { 'x-request-id': 'line-2' } });
    await fetch(`${base}/v1/things`, { headers: { 'x-request-id': 'line-3' } });
    const of = (id: string) => lines.filter(({ requestId, msg }) => requestId === id && msg === 'request');
    await eventually(() => of('line-2').length + of('line-3').length === 2);
    expect(of('line-2')[0]).toMatchObject({ level: 20, route: '/health/live' });
    expect(of('line-3')[0]).toMatchObject({ level: 30, status: 401, caller: null });
  });

  it('counts requests by route, method and class of status, and by nothing that a caller could make up', async () => {
    await call('/v1/things/8');
    for (const path of ['/v1/made-up-1', '/v1/made-up-2?q=1']) await call(path);
    await fetch(`${base}/v1/things`, { method: 'PROPFIND' });
    const shown = await eventually(async () => {
      const text = await (await fetch(`${base}/metrics`)).text();
      return text.includes('route="none",method="other"') && text;
    });
    expect(shown).toContain('ringback_http_request_duration_seconds_count{route="/v1/things/:id",method="GET",status="2xx"}');
    expect(shown).toMatch(/_count\{route="none",method="GET",status="4xx"\} [1-9]/);
    expect(shown).not.toContain('made-up');
    expect(shown).not.toContain('PROPFIND');
  });

  it('is ready once told so, alive while every part is, and shows metrics, without a token', async () => {
    expect((await fetch(`${base}/health/ready`)).status).toBe(503);
    health.setReady(true);
    expect((await fetch(`${base}/health/ready`)).status).toBe(200);
    expect((await fetch(`${base}/health/live`)).status).toBe(200);
    health.register('loop', () => ({ ok: false, detail: 'no tick for 30 s' }));
    const live = await fetch(`${base}/health/live`);
    expect(live.status).toBe(503);
    expect(await live.json()).toMatchObject({ parts: { loop: { detail: 'no tick for 30 s' } } });
    expect((await fetch(`${base}/health/startup`)).status).toBe(503);
    expect(await (await fetch(`${base}/metrics`)).text()).toContain('ringback_part_alive{part="loop"} 0');
  });
});
