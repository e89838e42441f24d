import { SignJWT } from 'jose';
import { ACCESS_TABLE, ROLES, type Role } from './testing/access-table.js';
import { ADMIN, BOOTSTRAP_KEY, GatewayUnderTest, SESSION_SECRET } from './testing/gateway-under-test.js';
import { endpointsOf } from './http/endpoint.js';
import { controllers } from './routes/controllers.js';

const uuid = '01941f29-7c00-7a3e-9f10-5c2d8e41b6a7';
const oneTimeToken = 'x'.repeat(43);
const declared = controllers.flatMap(endpointsOf);
/** What a route may answer to who may ask: it had a look at what was asked. */
const PASSED = [200, 201, 204, 404, 422];
const verdict = (status: number) => (PASSED.includes(status) ? 'passed' : status);

describe('access', () => {
  let gateway: GatewayUnderTest;
  const keys = new Map<Role, string>();

  beforeAll(async () => {
    gateway = await GatewayUnderTest.start();
    for (const role of ROLES) keys.set(role, await gateway.keyOf(role));
    // What the gateway looks into before it answers; all else is passed on as it comes.
    const page = { conversionId: uuid, offerId: 1, affiliateId: 1, goalId: null, items: [], nextCursor: null };
    const empty = {
      items: [],
      nextCursor: null,
      unavailable: [],
      replayed: 0,
      refusedCount: 0,
      refused: [],
      hasMore: false,
      isComplete: true,
    };
    gateway.services['dispatcher-service'].answer = ({ url }) => ({ status: 200, body: { ...empty, echo: url } });
    const names = { offerName: 'Casino', affiliateName: 'Traffic Ltd', goalName: null, events: [] };
    gateway.services['conversions-service'].answer = ({ url }) => ({
      status: 200,
      body: url.includes('/events') ? page : { ...empty, echo: url },
    });
    gateway.services['offers-service'].answer = ({ url }) => ({
      status: 200,
      body: url.endsWith('/explanations') ? names : { ...empty, echo: url },
    });
  });
  afterAll(() => gateway.stop());

  /** Ids that name nothing of the gateway's own, so that what is allowed does no harm to the next row. */
  const ask = async (route: string, token: string | null, offerId = 1) => {
    const [method, path] = route.split(' ') as [string, string];
    const values: Record<string, string> = {
      offerId: String(offerId),
      userId: '999',
      keyId: '999',
      token: oneTimeToken,
      deadLetterId: 'dispatcher-service:conversions.events:0:1',
    };
    const url = path.replace(
      /:(\w+)/g,
      (_, name: string) => values[name] ?? (/^(?:conversion|delivery|redelivery)Id$/.test(name) ? uuid : '1'),
    );
    const answer = await fetch(gateway.base + url, {
      method,
      headers: { 'content-type': 'application/json', ...(token === null ? {} : { authorization: `Bearer ${token}` }) },
      ...(method === 'GET' || method === 'DELETE' ? {} : { body: '{}' }),
    });
    return { status: answer.status, headers: answer.headers, text: await answer.text() };
  };

  it('is decided for every route by the table of access', () => {
    const routes = declared.map(({ method, path }) => `${method} ${path}`);
    expect(Object.keys(ACCESS_TABLE).toSorted()).toEqual([...routes, 'GET /metrics'].toSorted());
  });

  const rows = Object.entries(ACCESS_TABLE);
  it.each(rows.filter(([, who]) => Array.isArray(who)))('%s is for %j, and for nobody unknown', async (route, roles) => {
    for (const [role, key] of keys) {
      const { status, text } = await ask(route, key);
      if (roles.includes(role)) expect({ role, verdict: verdict(status) }).toEqual({ role, verdict: 'passed' });
      else expect({ role, status, body: JSON.parse(text) }).toMatchObject({ role, status: 403, body: { title: 'Forbidden' } });
    }
    const stranger = await ask(route, null);
    expect(stranger.status).toBe(401);
    expect(stranger.headers.get('content-type')).toContain('application/problem+json');
  });

  it.each(rows.filter(([, who]) => who === 'users'))('%s is for users of every role, for no key, and for nobody unknown', async (route) => {
    for (const [role, key] of keys) {
      const { status } = await ask(route, await gateway.userOf(role));
      expect({ role, verdict: verdict(status) }).toEqual({ role, verdict: 'passed' });
      expect((await ask(route, key)).status).toBe(403);
    }
    expect((await ask(route, null)).status).toBe(401);
  });

  it.each(rows.filter(([, who]) => who === 'anyone'))('%s is open', async (route) => {
    const { status } = await ask(route, null);
    // The refresh has no other proof than its cookie, and says so.
    if (route.endsWith('/refresh')) expect(status).toBe(401);
    else expect(verdict(status)).toBe('passed');
  });

  describe('of a key that is limited to offer 1', () => {
    const limited = new Map<string, string>();
    beforeAll(async () => {
      for (const role of ROLES) limited.set(role, await gateway.keyOf(role, { offerIds: [1] }));
    });
    const byRelation = (...relations: string[]) =>
      declared
        .filter(({ access, scope }) => access !== 'anyone' && access !== 'user' && relations.includes(scope))
        .map(({ method, path }) => `${method} ${path}`);
    const asked = () => Object.values(gateway.services).reduce((sum, { requests }) => sum + requests.length, 0);

    it.each(byRelation('offer-path'))('%s: another offer does not exist, its own does', async (route) => {
      const before = asked();
      const other = await ask(route, limited.get('admin')!, 2);
      expect({ status: other.status, body: JSON.parse(other.text) }).toMatchObject({
        status: 404,
        body: { detail: 'offer 2 does not exist' },
      });
      expect(asked()).toBe(before);
      expect((await ask(route, limited.get('admin')!, 1)).status).toBe(200);
    });

    it.each(byRelation('network-wide'))('%s concerns all offers: refused', async (route) => {
      expect((await ask(route, limited.get('admin')!)).status).toBe(403);
    });

    it.each(byRelation('conversion', 'delivery', 'body', 'filtered'))('%s: the service is told to which offers', async (route) => {
      for (const service of Object.values(gateway.services)) service.requests.length = 0;
      expect((await ask(route, limited.get('admin')!)).status).toBe(200);
      const requests = Object.values(gateway.services).flatMap((service) => service.requests);
      expect(requests.length).toBeGreaterThan(0);
      for (const { offerIds } of requests) expect(offerIds).toEqual([1]);
    });

    it('is that of its role all the same', async () => {
      expect((await ask('PATCH /v1/offers/:offerId', limited.get('viewer')!)).status).toBe(403);
      expect((await ask('GET /v1/offers/:offerId', limited.get('service')!)).status).toBe(403);
    });
  });

  it.each(['/health/startup', '/health/live', '/health/ready', '/v1/openapi.json'])('%s is open', async (path) => {
    expect((await gateway.call(path, { token: null })).status).not.toBe(401);
  });

  it('is given by the key of the environment, under the name "bootstrap"', async () => {
    expect((await gateway.call('/v1/offers', { token: BOOTSTRAP_KEY })).status).toBe(200);
    expect(gateway.services['offers-service'].last().actor).toBe('bootstrap');
  });

  it.each([
    ['no header', undefined],
    ['an empty header', ''],
    ['another scheme', `Basic ${Buffer.from(`${ADMIN.email}:${ADMIN.password}`).toString('base64')}`],
    ['no token', 'Bearer'],
    ['two tokens', `Bearer ${BOOTSTRAP_KEY} ${BOOTSTRAP_KEY}`],
    ['an unknown token', 'Bearer nonsense'],
    ['a token in bytes beyond ASCII', 'Bearer \xff\xfe'],
    ['half a JWT', 'Bearer eyJhbGciOiJIUzI1NiJ9.e30'],
    ['a JWT of another secret', 'Bearer eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIiwiZXhwIjo5OTk5OTk5OTk5fQ.Zm9yZ2Vk'],
    ['a JWT without signature', 'Bearer eyJhbGciOiJub25lIn0.eyJzdWIiOiIxIiwiZXhwIjo5OTk5OTk5OTk5LCJpc3MiOiJyaW5nYmFjayJ9.'],
    ['a service token', null],
  ])('is refused to %s, with a challenge', async (_, header) => {
    const { signServiceToken } = await import('@ringback/service-runtime');
    const forged = `Bearer ${await signServiceToken({ secret: 'a session secret of 32 characters or more', audience: 'gateway', actor: { name: '1' } })}`;
    const sent = header === null ? forged : header;
    const answer = await gateway.call('/v1/offers', { token: null, headers: sent === undefined ? {} : { authorization: sent } });
    expect(answer).toMatchObject({ status: 401, body: { title: 'Unauthorized', requestId: expect.any(String) } });
    expect(answer.headers.get('www-authenticate')).toMatch(/^Bearer realm="ringback"/);
    expect(answer.headers.get('x-request-id')).toBe(answer.body['requestId']);
  });

  describe('by a token that was made with care', () => {
    let sid: string;
    beforeAll(async () => {
      await gateway.userOf('admin', ADMIN.email);
      const { rows } = await gateway.pool.query<{ id: string }>(
        'select id from gateway.session where user_id = 1 order by created_at desc limit 1',
      );
      sid = rows[0]!.id;
    });
    const claims = { iss: 'ringback', aud: 'ringback-api', sub: '1', exp: Math.floor(Date.now() / 1000) + 600 };
    const sign = (changed: object, alg = 'HS256', secret = SESSION_SECRET) =>
      new SignJWT({ ...claims, sid, ...changed }).setProtectedHeader({ alg }).sign(Buffer.from(secret));
    const encoded = (part: object) => Buffer.from(JSON.stringify(part)).toString('base64url');

    it('works as the gateway makes it', async () => {
      expect((await gateway.call('/v1/offers', { token: await sign({}) })).status).toBe(200);
    });

    it.each([
      ['expired', () => sign({ exp: claims.exp - 1_200 })],
      ['without an end', () => sign({ exp: undefined })],
      ['for another audience', () => sign({ aud: 'offers-service' })],
      ['of another issuer', () => sign({ iss: 'somebody' })],
      ['signed with another secret', () => sign({}, 'HS256', 'another secret of 32 characters or more')],
      ['signed with another algorithm', () => sign({}, 'HS512')],
      ['of another user', () => sign({ sub: '2' })],
      ['without a session', () => sign({ sid: undefined })],
      ['of a session that never was', () => sign({ sid: uuid })],
      ['not signed: alg none', () => `${encoded({ alg: 'none' })}.${encoded({ ...claims, sid })}.`],
      ['not signed: alg NONE', () => `${encoded({ alg: 'NONE' })}.${encoded({ ...claims, sid })}.`],
      ['changed after it was signed', async () => (await sign({})).replace(/\.[^.]+\./, `.${encoded({ ...claims, sid, sub: '3' })}.`)],
    ])('is refused to one %s', async (_, make) => {
      expect(await gateway.call('/v1/offers', { token: await make() })).toMatchObject({ status: 401, body: { title: 'Unauthorized' } });
    });
  });

  it('ends when a key is revoked or expires', async () => {
    const past = new Date(Date.now() - 1_000);
    expect((await gateway.call('/v1/offers', { token: await gateway.keyOf('admin', { revokedAt: past }) })).status).toBe(401);
    expect((await gateway.call('/v1/offers', { token: await gateway.keyOf('admin', { expiresAt: past }) })).status).toBe(401);
    const future = new Date(Date.now() + 60_000);
    expect((await gateway.call('/v1/offers', { token: await gateway.keyOf('admin', { expiresAt: future }) })).status).toBe(200);
  });

  it('of a new role is a row, not a release', async () => {
    await gateway.pool.query(
      `insert into gateway.role (name, description, permissions) values ('auditor', 'sees deliveries', '{deliveries:read}')`,
    );
    const token = await gateway.keyOf('auditor');
    expect((await gateway.call('/v1/deliveries', { token })).status).toBe(200);
    expect((await gateway.call('/v1/offers', { token })).status).toBe(403);
  });

  it('is decided before the body is read', async () => {
    const answer = await gateway.call('/v1/conversions/batch', {
      method: 'POST',
      token: null,
      headers: { 'content-type': 'application/json' },
      body: '{"items": [',
    });
    expect(answer.status).toBe(401);
  });
});
