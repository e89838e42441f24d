import type { AuditEntry } from '@ringback/contracts';
import { ADMIN, GatewayUnderTest } from './testing/gateway-under-test.js';

describe('the audit log', () => {
  let gateway: GatewayUnderTest;
  let ada: string;
  beforeAll(async () => {
    gateway = await GatewayUnderTest.start({ trustedProxies: ['127.0.0.1'] });
    ada = await gateway.userOf('admin', 'ada@example.com');
  });
  afterAll(() => gateway.stop());

  const entries = async (query = '') => {
    const answer = await gateway.call(`/v1/audit-log${query}`, { token: ada });
    expect({ status: answer.status, body: answer.body }).toMatchObject({ status: 200 });
    return answer.body['items'] as AuditEntry[];
  };
  const newest = async (query = '') => (await entries(query))[0]!;
  const offers = () => gateway.services['offers-service'];

  it('has who changed what, when, from where, as it was before and after', async () => {
    offers().answer = ({ method }) => ({
      status: 200,
      headers: { etag: '"4"' },
      body: { id: 7, status: method === 'GET' ? 'active' : 'paused', version: method === 'GET' ? 3 : 4 },
    });
    const answer = await gateway.call('/v1/offers/7', {
      method: 'PATCH',
      json: { status: 'paused' },
      token: ada,
      headers: { 'user-agent': 'a browser', 'x-request-id': 'request-1' },
    });
    expect(answer.status).toBe(200);
    expect(await newest()).toMatchObject({
      actor: { kind: 'user', name: 'ada@example.com' },
      action: 'editOffer',
      subject: 'offers/7',
      address: '127.0.0.1',
      userAgent: 'a browser',
      requestId: 'request-1',
      request: { status: 'paused' },
      outcome: 'done',
      status: 200,
      before: { status: 'active', version: 3 },
      after: { status: 'paused', version: 4 },
    });
  });

  it('names what was made, and finds it with all that is below it', async () => {
    offers().answer = () => ({ status: 201, headers: { location: '/v1/offers/70' }, body: { id: 70, version: 1 } });
    await gateway.post('/v1/offers', { name: 'Shop' }, { token: ada });
    offers().answer = () => ({ status: 204 });
    await gateway.call('/v1/offers/70/callbacks/3', { method: 'DELETE', token: ada });
    await gateway.call('/v1/offers/701/callbacks/3', { method: 'DELETE', token: ada });
    expect((await entries('?subject=offers/70')).map(({ subject, action }) => [subject, action])).toEqual([
      ['offers/70/callbacks/3', 'deleteCallback'],
      ['offers/70', 'createOffer'],
    ]);
  });

  it('masks secrets in what was sent and answered', async () => {
    const secret = 'a secret that nobody may read';
    offers().answer = () => ({ status: 201, body: { id: 1, signingSecrets: [{ set: true }] } });
    await gateway.post(
      '/v1/offers/7/callbacks',
      {
        url: 'https://t.example/',
        basicAuth: { login: 'ringback', password: secret },
        requestParams: [{ name: 'p', value: secret, secret: true }],
        requestHeaders: [{ name: 'X-Plain', value: 'readable' }],
        signingSecrets: [{ value: secret }],
      },
      { token: ada },
    );
    const made = await gateway.post('/v1/api-keys', { name: 'k', role: 'viewer' }, { token: ada });
    const invited = await gateway.post('/v1/users', { email: 'new@example.com', role: 'viewer' }, { token: ada });
    await gateway.call('/v1/auth/password', {
      method: 'PUT',
      token: ada,
      json: { currentPassword: secret, newPassword: 'seven quiet mountains' },
    });
    const token = (invited.body['invitation'] as { token: string }).token;
    await gateway.post(`/v1/auth/invitations/${token}`, { password: 'seven quiet mountains' }, { token: null });
    const everything = (
      await gateway.pool.query(
        'select e::text || o::text as row from gateway.audit_entry e left join gateway.audit_outcome o on o.entry_id = e.id',
      )
    ).rows
      .map(({ row }) => row as string)
      .join('\n');
    for (const hidden of [secret, made.body['key'] as string, token, 'seven quiet mountains', ADMIN.password])
      expect(everything).not.toContain(hidden);
    const entry = await newest('?action=createCallback');
    expect(entry.request).toMatchObject({
      basicAuth: { login: 'ringback', password: '•••' },
      requestParams: [{ name: 'p', value: '•••', secret: true }],
      requestHeaders: [{ name: 'X-Plain', value: 'readable' }],
      signingSecrets: [{ value: '•••' }],
    });
    expect(await newest('?action=acceptInvitation')).toMatchObject({ actor: { name: 'new@example.com' }, status: 204 });
  });

  it('has what was refused, and what may or may not have been done', async () => {
    offers().answer = () => ({ status: 412, body: { status: 412 } });
    await gateway.call('/v1/offers/7', { method: 'PATCH', json: { status: 'paused' }, token: ada });
    expect(await newest()).toMatchObject({ outcome: 'refused', status: 412, after: null });
    offers().answer = ({ method }, response) => {
      if (method === 'GET') return { status: 200, body: { id: 7 } };
      response.destroy();
      return null;
    };
    expect((await gateway.call('/v1/offers/7', { method: 'PATCH', json: { status: 'paused' }, token: ada })).status).toBe(503);
    expect(await newest()).toMatchObject({ outcome: 'failed', status: 503, before: { id: 7 } });
  });

  it('has an entry whose outcome is unknown when the gateway ends in between', async () => {
    await gateway.pool.query(
      `insert into gateway.audit_entry (actor_kind, actor, action, subject, address, user_agent, request_id) values ('user', 'x', 'editOffer', 'offers/8', '', '', '')`,
    );
    expect(await newest('?subject=offers/8')).toMatchObject({ outcome: 'unknown', status: null });
  });

  it('lets nothing be done that it cannot have an entry of', async () => {
    await gateway.pool.query('alter table gateway.audit_entry add constraint full_up check (false) not valid');
    offers().requests.length = 0;
    expect((await gateway.call('/v1/offers/7', { method: 'PATCH', json: { status: 'paused' }, token: ada })).status).toBe(500);
    expect((await gateway.signIn(ADMIN.email)).body).not.toHaveProperty('accessToken');
    expect(offers().requests).toEqual([]);
    await gateway.pool.query('alter table gateway.audit_entry drop constraint full_up');
  });

  it('has no entry of what only reads, nor of conversions that keys record; of those that people do', async () => {
    const count = async () => Number((await gateway.pool.query('select count(*) from gateway.audit_entry')).rows[0]!.count);
    const before = await count();
    await gateway.call('/v1/offers', { token: ada });
    await gateway.post('/v1/offers/7/callbacks/preview', { callback: {} }, { token: ada });
    await gateway.post('/v1/conversions', { offerId: 1 }, { token: await gateway.keyOf('service') });
    expect(await count()).toBe(before);
    await gateway.post('/v1/conversions', { offerId: 1 }, { token: ada });
    expect(await count()).toBe(before + 1);
  });

  it('has sign-ins, and counts those that fail without being flooded', async () => {
    await gateway.signIn(ADMIN.email);
    expect(await newest()).toMatchObject({
      action: 'createSession',
      actor: { kind: 'user', name: ADMIN.email },
      subject: 'users/1',
      status: 201,
    });
    for (let n = 0; n < 9; n++) await gateway.signIn(ADMIN.email, `wrong ${n}`);
    await gateway.signIn('typed-a-password-here@example.com', 'x');
    const failed = await entries('?action=signInFailed');
    expect(failed.map(({ subject, request }) => [subject, request])).toEqual([
      ['users', { failuresInARow: 1 }],
      ['users/1', { failuresInARow: 8 }],
      ['users/1', { failuresInARow: 4 }],
      ['users/1', { failuresInARow: 2 }],
      ['users/1', { failuresInARow: 1 }],
    ]);
    expect(JSON.stringify(failed)).not.toContain('typed-a-password-here');
  });

  it('has the address that a trusted proxy tells, and believes nobody before it', async () => {
    const headers = { 'x-forwarded-for': '198.51.100.66, 203.0.113.9' };
    await gateway.post('/v1/auth/sessions', ADMIN, { token: null, headers });
    expect(await newest('?action=createSession')).toMatchObject({ address: '203.0.113.9' });
  });

  it.each([
    'update gateway.audit_entry set actor = $$x$$',
    'delete from gateway.audit_entry',
    'truncate gateway.audit_entry cascade',
    'update gateway.audit_outcome set status = 200',
    'delete from gateway.audit_outcome',
    'truncate gateway.audit_outcome',
  ])('is append-only: %s is refused, to the owner of the tables too', async (statement) => {
    await expect(gateway.pool.query(statement)).rejects.toMatchObject({ code: '42501' });
  });

  it('comes page by page, filtered, and whole as lines of JSON', async () => {
    const all = await entries('?limit=200');
    const paged: AuditEntry[] = [];
    for (let cursor = ''; ;) {
      const { body } = await gateway.call(`/v1/audit-log?limit=7${cursor}`, { token: ada });
      paged.push(...(body['items'] as AuditEntry[]));
      if (body['nextCursor'] === null) break;
      cursor = `&cursor=${body['nextCursor'] as string}`;
    }
    expect(paged.map(({ id }) => id)).toEqual(all.map(({ id }) => id));
    const middle = all[Math.floor(all.length / 2)]!;
    const from = encodeURIComponent(middle.at);
    expect((await entries(`?limit=200&from=${from}`)).length + (await entries(`?limit=200&to=${from}`)).length).toBe(all.length);
    expect(new Set((await entries('?limit=200&actor=ada@example.com')).map(({ actor }) => actor.name))).toEqual(
      new Set(['ada@example.com']),
    );
    const file = await fetch(`${gateway.base}/v1/audit-log/export?action=editOffer`, { headers: { authorization: `Bearer ${ada}` } });
    expect(file.headers.get('content-type')).toBe('application/x-ndjson');
    const lines = (await file.text())
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as AuditEntry);
    expect(lines).toEqual(all.filter(({ action }) => action === 'editOffer'));
  });
});
