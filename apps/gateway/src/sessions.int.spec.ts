import { PasswordHasher } from './access/password-hasher.js';
import { SESSION_LIFETIME_MS } from './access/session-token.js';
import { ADMIN, GatewayUnderTest } from './testing/gateway-under-test.js';

/** Says which work was done. */
class WatchedHasher extends PasswordHasher {
  readonly work: string[] = [];
  override verify(password: string, stored: string): Promise<boolean> {
    this.work.push(stored.split('$').slice(0, 4).join('$'));
    return super.verify(password, stored);
  }
}

describe('signing in', () => {
  let gateway: GatewayUnderTest;
  let skewMs = 0;
  const hasher = new WatchedHasher({ N: 2 ** 10, r: 8, p: 1 });

  beforeAll(async () => {
    gateway = await GatewayUnderTest.start({ now: () => Date.now() + skewMs, hasher });
  });
  afterAll(() => gateway.stop());
  afterEach(() => {
    skewMs = 0;
  });

  const signIn = (json: unknown) => gateway.post('/v1/auth/sessions', json, { token: null });

  it('gives the admin of the environment a token that works', async () => {
    const session = await signIn(ADMIN);
    expect(session).toMatchObject({ status: 201, body: { accessToken: expect.any(String), expiresAt: expect.any(String) } });
    expect(session.headers.get('cache-control')).toBe('no-store');
    await gateway.call('/v1/offers', { token: session.body['accessToken'] as string });
    expect(gateway.services['offers-service'].last().actor).toBe(ADMIN.email);
  });

  it('takes the address in any letter case, with spaces around', async () => {
    expect((await signIn({ ...ADMIN, email: '  Admin@EXAMPLE.com ' })).status).toBe(201);
  });

  it('says the same, after the same work, to a wrong password, an unknown address and a disabled account', async () => {
    await gateway.pool.query(
      `insert into gateway.user_account (email, password_hash, role, status)
       select 'gone@example.com', password_hash, 'admin', 'disabled' from gateway.user_account where email = $1`,
      [ADMIN.email],
    );
    hasher.work.length = 0;
    const answers = [
      await signIn({ ...ADMIN, password: 'not the password' }),
      await signIn({ ...ADMIN, email: 'nobody@example.com' }),
      await signIn({ ...ADMIN, email: 'gone@example.com' }),
    ];
    expect(hasher.work).toEqual(Array(3).fill('scrypt$1024$8$1'));
    for (const { status, headers, body } of answers) {
      expect({ status, challenge: headers.get('www-authenticate') }).toEqual({ status: 401, challenge: 'Bearer realm="ringback"' });
      expect({ ...body, requestId: '' }).toEqual({ ...answers[0]!.body, requestId: '' });
    }
  });

  it('lasts as long as it says', async () => {
    const { accessToken, expiresAt } = (await signIn(ADMIN)).body as { accessToken: string; expiresAt: string };
    expect(Math.abs(Date.parse(expiresAt) - Date.now() - SESSION_LIFETIME_MS)).toBeLessThan(5_000);
    skewMs = SESSION_LIFETIME_MS - 5_000;
    expect((await gateway.call('/v1/macros', { token: accessToken })).status).toBe(200);
    skewMs = SESSION_LIFETIME_MS + 5_000;
    expect((await gateway.call('/v1/macros', { token: accessToken })).status).toBe(401);
  });

  it('ends at once when the user is disabled', async () => {
    await gateway.pool.query(
      `insert into gateway.user_account (email, password_hash, role, status)
       select 'soon@example.com', password_hash, 'viewer', 'active' from gateway.user_account where email = $1`,
      [ADMIN.email],
    );
    const { accessToken } = (await signIn({ ...ADMIN, email: 'soon@example.com' })).body as { accessToken: string };
    expect((await gateway.call('/v1/macros', { token: accessToken })).status).toBe(200);
    await gateway.pool.query(`update gateway.user_account set status = 'disabled' where email = 'soon@example.com'`);
    expect((await gateway.call('/v1/macros', { token: accessToken })).status).toBe(401);
  });

  it.each([
    ['no fields', {}, 'email'],
    ['an unknown field', { ...ADMIN, otp: '1' }, 'otp'],
    ['a number for the password', { ...ADMIN, password: 7 }, 'password'],
    ['NUL in the address', { ...ADMIN, email: 'a\u0000@example.com' }, 'email'],
    ['a lone surrogate in the password', { ...ADMIN, password: '\ud800' }, 'password'],
    ['an endless password', { ...ADMIN, password: 'a'.repeat(1025) }, 'password'],
    ['an array', [], ''],
    ['null', null, ''],
  ])('refuses %s with 422 naming the field', async (_, json, path) => {
    expect(await signIn(json)).toMatchObject({
      status: 422,
      body: { status: 422, errors: expect.arrayContaining([expect.objectContaining({ path })]) },
    });
  });

  it('refuses a body beyond 16 KiB with 413', async () => {
    expect((await signIn({ ...ADMIN, password: 'a'.repeat(20_000) })).status).toBe(413);
  });
});
