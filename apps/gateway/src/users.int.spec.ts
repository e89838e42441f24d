import { ADMIN, GatewayUnderTest, type Answer } from './testing/gateway-under-test.js';

const HOUR_MS = 60 * 60 * 1000;

describe('users', () => {
  let gateway: GatewayUnderTest;
  let skewMs = 0;
  let admin: string;
  beforeAll(async () => {
    gateway = await GatewayUnderTest.start({ now: () => Date.now() + skewMs });
    admin = await gateway.userOf('admin', 'ada@example.com');
  });
  afterAll(() => gateway.stop());
  afterEach(() => {
    skewMs = 0;
  });

  const invite = (email: string, role = 'viewer') => gateway.post('/v1/users', { email, role }, { token: admin });
  const tokenOf = (invited: Answer) => (invited.body['invitation'] as { token: string }).token;
  const accept = (token: string, password: string, kind = 'invitations') =>
    gateway.post(`/v1/auth/${kind}/${token}`, { password }, { token: null });
  const patch = (id: number, json: object, token = admin) => gateway.call(`/v1/users/${id}`, { method: 'PATCH', json, token });

  it('are invited by a token that is shown once and sets the password once', async () => {
    const invited = await invite('Grace@Example.com', 'manager');
    expect(invited).toMatchObject({
      status: 201,
      body: { email: 'grace@example.com', role: 'manager', status: 'invited', invitation: { purpose: 'invitation' } },
    });
    expect(invited.headers.get('location')).toBe(`/v1/users/${invited.body['id'] as number}`);
    const token = tokenOf(invited);
    expect((await gateway.pool.query('select * from gateway.one_time_token')).rows.map((row) => JSON.stringify(row)).join()).not.toContain(
      token,
    );
    expect((await gateway.signIn('grace@example.com', 'seven quiet mountains')).status).toBe(401);
    expect(await accept(token, 'too short')).toMatchObject({ status: 422, body: { errors: [{ path: 'password' }] } });
    expect((await accept(token, 'seven quiet mountains')).status).toBe(204);
    expect((await accept(token, 'eight quiet mountains')).status).toBe(404);
    expect((await gateway.signIn('grace@example.com', 'seven quiet mountains')).status).toBe(201);
    const { body } = await gateway.call(`/v1/users/${invited.body['id'] as number}`, { token: admin });
    expect(body).toMatchObject({ status: 'active', lastSignInAt: expect.any(String) });
  });

  it('that are invited at once by two takers of one token become one', async () => {
    const token = tokenOf(await invite('twice@example.com'));
    const taken = await Promise.all([accept(token, 'the first password'), accept(token, 'the second password')]);
    expect(taken.map(({ status }) => status).sort()).toEqual([204, 404]);
  });

  it('cannot accept an invitation after 72 hours, nor one that a newer one replaced', async () => {
    const invited = await invite('late@example.com');
    const again = await gateway.post(`/v1/users/${invited.body['id'] as number}/password-reset`, undefined, { token: admin });
    expect(again).toMatchObject({ status: 201, body: { purpose: 'invitation', token: expect.any(String) } });
    expect((await accept(tokenOf(invited), 'seven quiet mountains')).status).toBe(404);
    skewMs = 72 * HOUR_MS + 1_000;
    expect((await accept(again.body['token'] as string, 'seven quiet mountains')).status).toBe(404);
  });

  it('get their password reset by a link of an admin, for a day; their sessions end', async () => {
    const session = await gateway.userOf('viewer', 'forgetful@example.com');
    const { body: list } = await gateway.call('/v1/users?limit=200', { token: admin });
    const { id } = (list['items'] as { id: number; email: string }[]).find(({ email }) => email === 'forgetful@example.com')!;
    const reset = await gateway.post(`/v1/users/${id}/password-reset`, undefined, { token: admin });
    expect(reset.body).toMatchObject({ purpose: 'password-reset' });
    const token = reset.body['token'] as string;
    expect((await accept(token, 'seven quiet mountains')).status).toBe(404); // that is no invitation
    expect((await accept(token, 'seven quiet mountains', 'password-resets')).status).toBe(204);
    expect((await gateway.call('/v1/macros', { token: session })).status).toBe(401);
    expect((await gateway.signIn('forgetful@example.com', 'seven quiet mountains')).status).toBe(201);
  });

  it('have one account per address, however it is written', async () => {
    await invite('one@example.com');
    for (const email of ['one@example.com', 'ONE@example.COM', ' one@example.com '])
      expect(await invite(email)).toMatchObject({ status: 409, body: { errors: [{ path: 'email' }] } });
  });

  it.each([
    ['a Cyrillic letter', 'аdmin@example.com'],
    ['a whole name in Cyrillic', 'асе@example.com'],
    ['a Greek letter in the domain', 'admin@exαmple.com'],
    ['fullwidth letters', 'ａｄｍｉｎ@example.com'],
    ['the Kelvin sign, which lower case makes a k', 'k\u212Aelvin@example.com'],
    ['a dotless i', 'adm\u0131n@example.com'],
    ['a combining accent', 'admin\u0301@example.com'],
    ['a zero-width space', 'ad\u200Bmin@example.com'],
    ['a zero-width joiner', 'ad\u200Dmin@example.com'],
    ['a byte order mark before it', '\uFEFFadmin@example.com'],
    ['a soft hyphen', 'ad\u00ADmin@example.com'],
    ['a turn of direction', 'ad\u202Enim@example.com'],
    ['an isolate', '\u2066admin\u2069@example.com'],
    ['a line break', 'admin@example.com\r\nbcc: all@example.com'],
    ['a control character', 'ad\u0007min@example.com'],
    ['NUL', 'admin\u0000@example.com'],
    ['a no-break space', 'admin\u00A0@example.com'],
    ['a lone surrogate', 'admin\ud800@example.com'],
    ['an emoji', 'admin😀@example.com'],
    ['two at signs', 'admin@evil.example@example.com'],
    ['no domain', 'admin@'],
  ])('with %s in the address are refused with 422', async (_, email) => {
    expect(await invite(email)).toMatchObject({ status: 422, body: { errors: [{ path: 'email' }] } });
  });

  it('with a domain beyond ASCII are invited by its xn-- form', async () => {
    expect((await invite('ada@xn--bcher-kva.example')).status).toBe(201);
  });

  it('are given another role, or disabled, which holds at once', async () => {
    const token = await gateway.userOf('manager', 'changing@example.com');
    const { rows } = await gateway.pool.query(`select id from gateway.user_account where email = 'changing@example.com'`);
    const { id } = rows[0] as { id: number };
    expect(await patch(id, { role: 'viewer' })).toMatchObject({ status: 200, body: { role: 'viewer', version: 2 } });
    expect((await gateway.post('/v1/offers', { name: 'x' }, { token })).status).toBe(403);
    const stale = await gateway.call(`/v1/users/${id}`, {
      method: 'PATCH',
      json: { role: 'admin' },
      token: admin,
      headers: { 'if-match': '"1"' },
    });
    expect(stale).toMatchObject({ status: 412, body: { current: { role: 'viewer', version: 2 } } });
    expect(await patch(id, { status: 'disabled' })).toMatchObject({ status: 200, body: { status: 'disabled' } });
    expect((await gateway.call('/v1/macros', { token })).status).toBe(401);
    expect((await gateway.post(`/v1/users/${id}/password-reset`, undefined, { token: admin })).status).toBe(409);
    expect(await patch(id, { role: 'emperor' })).toMatchObject({ status: 422, body: { errors: [{ path: 'role' }] } });
    expect((await patch(99_999, { role: 'viewer' })).status).toBe(404);
  });

  it('are signed out everywhere by an admin', async () => {
    const token = await gateway.userOf('viewer', 'out@example.com');
    const { rows } = await gateway.pool.query(`select id from gateway.user_account where email = 'out@example.com'`);
    expect((await gateway.post(`/v1/users/${(rows[0] as { id: number }).id}/sign-out`, undefined, { token: admin })).status).toBe(204);
    expect((await gateway.call('/v1/macros', { token })).status).toBe(401);
  });

  it('never change their own role or status, and always leave one who may do everything, also when two try at once', async () => {
    const { rows } = await gateway.pool.query<{ id: number; email: string }>(
      `select id, email from gateway.user_account where role = 'admin' and status = 'active' order by id`,
    );
    const ada = rows.find(({ email }) => email === 'ada@example.com')!;
    const first = rows.find(({ email }) => email === ADMIN.email)!;
    expect(rows).toHaveLength(2);
    expect(await patch(ada.id, { role: 'viewer' })).toMatchObject({
      status: 409,
      body: { detail: expect.stringContaining('another admin') },
    });
    const other = (await gateway.signIn(ADMIN.email)).body['accessToken'] as string;
    const duel = await Promise.all([patch(first.id, { status: 'disabled' }), patch(ada.id, { status: 'disabled' }, other)]);
    expect(duel.map(({ status }) => status).sort()).toEqual([200, expect.any(Number)]);
    const left = await gateway.pool.query<{ id: number }>(`select id from gateway.user_account where role = 'admin' and status = 'active'`);
    expect(left.rows).toHaveLength(1);
    // A key of the role admin is no user: it may, but for the last one.
    expect(await patch(left.rows[0]!.id, { role: 'viewer' }, await gateway.keyOf('admin'))).toMatchObject({
      status: 409,
      body: { detail: expect.stringContaining('last active admin') },
    });
  });

  it('that may invite, but not everything, make nobody mightier than themselves', async () => {
    await gateway.pool.query(
      `insert into gateway.role (name, description, permissions) values ('host', 'invites', '{users:read,users:write,configuration:read,conversions:read,deliveries:read}')`,
    );
    const token = await gateway.keyOf('host');
    expect((await gateway.post('/v1/users', { email: 'guest@example.com', role: 'viewer' }, { token })).status).toBe(201);
    for (const role of ['admin', 'manager'])
      expect(await gateway.post('/v1/users', { email: `a-${role}@example.com`, role }, { token })).toMatchObject({
        status: 422,
        body: { errors: [{ path: 'role' }] },
      });
    const { rows } = await gateway.pool.query<{ id: number }>(`select id from gateway.user_account where role = 'admin'`);
    expect((await gateway.post(`/v1/users/${rows[0]!.id}/password-reset`, undefined, { token })).status).toBe(422);
  });
});
