import { ADMIN, BOOTSTRAP_KEY, GatewayUnderTest } from './testing/gateway-under-test.js';
import { endpointsOf } from './http/endpoint.js';
import { controllers } from './routes/controllers.js';

const uuid = '01941f29-7c00-7a3e-9f10-5c2d8e41b6a7';

/** Who may ask what: admin all; manager offers, affiliates, callbacks, deliveries; viewer reads; service conversions only. */
const EVERYONE_BUT_SERVICE = ['admin', 'manager', 'viewer'];
const EDITORS = ['admin', 'manager'];
const TABLE: [route: string, roles: string[]][] = [
  ['GET /v1/affiliates', EVERYONE_BUT_SERVICE],
  ['POST /v1/affiliates', EDITORS],
  ['GET /v1/affiliates/:affiliateId', EVERYONE_BUT_SERVICE],
  ['PATCH /v1/affiliates/:affiliateId', EDITORS],
  ['GET /v1/offers', EVERYONE_BUT_SERVICE],
  ['POST /v1/offers', EDITORS],
  ['GET /v1/offers/:offerId', EVERYONE_BUT_SERVICE],
  ['PATCH /v1/offers/:offerId', EDITORS],
  ['GET /v1/offers/:offerId/goals', EVERYONE_BUT_SERVICE],
  ['POST /v1/offers/:offerId/goals', EDITORS],
  ['PATCH /v1/offers/:offerId/goals/:goalId', EDITORS],
  ['DELETE /v1/offers/:offerId/goals/:goalId', EDITORS],
  ['GET /v1/offers/:offerId/callbacks', EVERYONE_BUT_SERVICE],
  ['POST /v1/offers/:offerId/callbacks', EDITORS],
  ['POST /v1/offers/:offerId/callbacks/preview', EDITORS],
  ['POST /v1/offers/:offerId/callbacks/:callbackId/test', EDITORS],
  ['GET /v1/offers/:offerId/callbacks/:callbackId', EVERYONE_BUT_SERVICE],
  ['PATCH /v1/offers/:offerId/callbacks/:callbackId', EDITORS],
  ['DELETE /v1/offers/:offerId/callbacks/:callbackId', EDITORS],
  ['GET /v1/offers/:offerId/callbacks/:callbackId/versions', EVERYONE_BUT_SERVICE],
  ['GET /v1/offers/:offerId/callbacks/:callbackId/versions/:version/diff', EVERYONE_BUT_SERVICE],
  ['POST /v1/offers/:offerId/callbacks/:callbackId/versions/:version/restore', EDITORS],
  ['POST /v1/conversions', ['admin', 'service']],
  ['POST /v1/conversions/batch', ['admin', 'service']],
  ['PUT /v1/conversions/:conversionId/status', ['admin', 'service']],
  ['POST /v1/conversions/statuses', ['admin', 'service']],
  ['GET /v1/conversions', ['admin', 'manager', 'viewer', 'service']],
  ['GET /v1/conversions/:conversionId', ['admin', 'manager', 'viewer', 'service']],
  ['GET /v1/conversions/:conversionId/explanation', ['admin', 'manager', 'viewer', 'service']],
  ['GET /v1/deliveries', EVERYONE_BUT_SERVICE],
  ['GET /v1/deliveries/:deliveryId', EVERYONE_BUT_SERVICE],
  ['GET /v1/waiting', EVERYONE_BUT_SERVICE],
  ['GET /v1/pauses', EVERYONE_BUT_SERVICE],
  ['POST /v1/pauses', EDITORS],
  ['DELETE /v1/pauses/:pauseId', EDITORS],
  ['GET /v1/macros', EVERYONE_BUT_SERVICE],
  ['GET /metrics', ['admin']],
];
const OPEN = ['POST /v1/auth/sessions', 'GET /v1/openapi.json'];

describe('access', () => {
  let gateway: GatewayUnderTest;
  const keys = new Map<string, string>();

  beforeAll(async () => {
    gateway = await GatewayUnderTest.start();
    for (const role of ['admin', 'manager', 'viewer', 'service']) keys.set(role, await gateway.keyOf(role));
    // What the gateway looks into before it answers; all else is passed on as it comes.
    const page = { conversionId: uuid, offerId: 1, affiliateId: 1, goalId: null, items: [], nextCursor: null };
    const names = { offerName: 'Casino', affiliateName: 'Traffic Ltd', goalName: null, events: [] };
    gateway.services['conversions-service'].answer = ({ url }) => ({ status: 200, body: url.includes('/events') ? page : { echo: url } });
    gateway.services['offers-service'].answer = ({ url }) => ({ status: 200, body: url.endsWith('/explanations') ? names : { echo: url } });
  });
  afterAll(() => gateway.stop());

  const ask = async (route: string, token: string | null) => {
    const [method, path] = route.split(' ') as [string, string];
    const url = path.replace(/:(\w+)/g, (_, name: string) => (/conversionId|deliveryId/.test(name) ? uuid : '1'));
    const answer = await fetch(gateway.base + url, {
      method,
      headers: { 'content-type': 'application/json', ...(token === null ? {} : { authorization: `Bearer ${token}` }) },
      ...(method === 'GET' || method === 'DELETE' ? {} : { body: '{}' }),
    });
    return { status: answer.status, headers: answer.headers, text: await answer.text() };
  };

  it('is decided for every route by the table below', () => {
    const declared = controllers.flatMap(endpointsOf).map(({ method, path }) => `${method} ${path}`);
    expect([...TABLE.map(([route]) => route), ...OPEN].filter((route) => route !== 'GET /metrics').toSorted()).toEqual(declared.toSorted());
  });

  it.each(TABLE)('%s is for %j, and for nobody unknown', async (route, roles) => {
    for (const [role, key] of keys) {
      const { status, text } = await ask(route, key);
      if (roles.includes(role)) expect({ role, status }).toEqual({ role, status: 200 });
      else expect({ role, status, body: JSON.parse(text) }).toMatchObject({ role, status: 403, body: { title: 'Forbidden' } });
    }
    const stranger = await ask(route, null);
    expect(stranger.status).toBe(401);
    expect(stranger.headers.get('content-type')).toContain('application/problem+json');
  });

  it.each(['/health/live', '/health/ready', '/v1/openapi.json'])('%s is open', async (path) => {
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
