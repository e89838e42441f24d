import { PasswordHasher } from './access/password-hasher.js';
import { ACCESS_TOKEN_LIFETIME_MS } from './access/session-token.js';
import { IDLE_LIFETIME_MS, REUSE_GRACE_MS, SESSION_LIFETIME_MS } from './sessions/sessions.service.js';
import { FREE_FAILURES } from './sessions/sign-in-delays.js';
import { ADMIN, GatewayUnderTest, type Answer } from './testing/gateway-under-test.js';

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
    expect(Math.abs(Date.parse(expiresAt) - Date.now() - ACCESS_TOKEN_LIFETIME_MS)).toBeLessThan(5_000);
    skewMs = ACCESS_TOKEN_LIFETIME_MS - 5_000;
    expect((await gateway.call('/v1/macros', { token: accessToken })).status).toBe(200);
    skewMs = ACCESS_TOKEN_LIFETIME_MS + 5_000;
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
    ['a letter of another script in the address', { ...ADMIN, email: 'аdmin@example.com' }, 'email'],
    ['no address', { ...ADMIN, email: 'admin' }, 'email'],
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

  it('takes after many failures longer and longer, for any account, and ends with the wait', async () => {
    for (const email of ['slow@example.com', 'nobody-slow@example.com']) {
      if (email.startsWith('slow')) await gateway.userOf('viewer', email);
      const answers: (string | null)[] = [];
      for (let n = 0; n < FREE_FAILURES.account + 4; n++) {
        const { status, headers } = await signIn({ email, password: 'wrong' });
        const retryAfter = headers.get('retry-after');
        answers.push(status === 429 ? retryAfter : String(status));
        // The wait is over: the next failure makes a longer one.
        if (status === 429) skewMs += Number(retryAfter) * 1_000;
      }
      expect(answers).toEqual([...Array(FREE_FAILURES.account + 1).fill('401'), '1', '401', '2']);
    }
    const held = await gateway.signIn('slow@example.com');
    expect(held.status).toBe(201);
    expect((await signIn({ email: 'slow@example.com', password: 'wrong' })).status).toBe(401);
  });
});

describe('a session', () => {
  let gateway: GatewayUnderTest;
  let skewMs = 0;
  beforeAll(async () => {
    gateway = await GatewayUnderTest.start({ now: () => Date.now() + skewMs });
  });
  afterAll(() => gateway.stop());
  afterEach(() => {
    skewMs = 0;
  });

  /** A browser that is signed in: keeps its cookie, and says which site it is on. */
  const browser = async (email = ADMIN.email) => {
    const take = (answer: Answer) => {
      const cookie = answer.headers.get('set-cookie') ?? '';
      return { ...answer, token: answer.body['accessToken'] as string, cookie: cookie.split(';')[0]!, attributes: cookie };
    };
    const refresh = async (cookie: string, headers: Record<string, string> = { 'sec-fetch-site': 'same-origin' }) =>
      take(await gateway.call('/v1/auth/sessions/refresh', { method: 'POST', token: null, headers: { cookie, ...headers } }));
    return { ...take(await gateway.signIn(email)), refresh };
  };
  const works = async (token: string) => (await gateway.call('/v1/macros', { token })).status === 200;

  it('is refreshed by a cookie that no script can read and no other site sends', async () => {
    const { attributes, cookie, token, refresh } = await browser();
    expect(attributes).toMatch(/^__Secure-ringback-refresh=[\w-]{43}; Expires=[^;]+; Path=\/v1\/auth; HttpOnly; SameSite=Strict; Secure$/);
    expect(cookie).not.toContain(token);
    const next = await refresh(cookie);
    expect(next).toMatchObject({ status: 200, body: { accessToken: expect.any(String), expiresAt: expect.any(String) } });
    expect(next.cookie).not.toBe(cookie);
    expect([await works(token), await works(next.token)]).toEqual([true, true]);
  });

  it.each([
    ['from another site', { 'sec-fetch-site': 'cross-site' }, 403],
    ['from a sibling of this site', { 'sec-fetch-site': 'same-site' }, 403],
    ['of another origin', { origin: 'https://evil.example' }, 403],
    ['without an origin', {}, 403],
    ['of no origin', { origin: 'null' }, 403],
    ['of this origin', { origin: 'HOST' }, 200],
  ])('%s: a refresh is answered %i', async (_, headers, status) => {
    const { cookie, refresh } = await browser();
    const sent = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, value === 'HOST' ? gateway.base : value]));
    expect((await refresh(cookie, sent)).status).toBe(status);
  });

  it('is not refreshed without a cookie, or with one that is made up', async () => {
    const { refresh } = await browser();
    expect((await refresh('')).status).toBe(401);
    expect((await refresh('__Secure-ringback-refresh=made-up')).status).toBe(401);
  });

  it('ends when a refresh token comes back long after its use: all that came of it stops', async () => {
    const stolen = await browser();
    const next = await stolen.refresh(stolen.cookie);
    skewMs = REUSE_GRACE_MS + 1_000;
    expect((await stolen.refresh(stolen.cookie)).status).toBe(401);
    expect((await stolen.refresh(next.cookie)).status).toBe(401);
    expect([await works(stolen.token), await works(next.token)]).toEqual([false, false]);
  });

  it('goes on when two tabs refresh at once', async () => {
    const { cookie, refresh } = await browser();
    const tabs = await Promise.all([refresh(cookie), refresh(cookie), refresh(cookie)]);
    expect(tabs.map(({ status }) => status)).toEqual([200, 200, 200]);
    for (const tab of tabs) expect((await refresh(tab.cookie)).status).toBe(200);
  });

  it('ends when it is not used for a week, and after a month however it is used', async () => {
    const idle = await browser();
    skewMs = IDLE_LIFETIME_MS + 60_000;
    expect((await idle.refresh(idle.cookie)).status).toBe(401);
    let used = await browser();
    const begunMs = skewMs;
    for (; skewMs < begunMs + 2 * SESSION_LIFETIME_MS; skewMs += IDLE_LIFETIME_MS / 2) {
      const next = await used.refresh(used.cookie);
      if (next.status === 401) break;
      used = { ...next, refresh: used.refresh };
    }
    expect(skewMs - begunMs).toBeGreaterThanOrEqual(SESSION_LIFETIME_MS);
    expect(skewMs - begunMs).toBeLessThan(SESSION_LIFETIME_MS + IDLE_LIFETIME_MS);
  });

  it('is listed to its user: where, when, which one this is', async () => {
    await gateway.userOf('viewer', 'list@example.com');
    const { token } = await browser('list@example.com');
    await gateway.userOf('admin', 'other@example.com');
    const { body } = await gateway.call('/v1/auth/sessions', { token });
    expect(body['items']).toMatchObject([
      { current: true, address: '127.0.0.1', userAgent: expect.stringContaining('node'), lastUsedAt: expect.any(String) },
      { current: false },
    ]);
    expect(body['items']).toHaveLength(2);
  });

  it('ends with signing out: its access token, and its cookie', async () => {
    const { token, cookie, refresh } = await browser();
    const other = await browser();
    const answer = await gateway.call('/v1/auth/sessions/current', { method: 'DELETE', token });
    expect(answer.status).toBe(204);
    expect(answer.headers.get('set-cookie')).toMatch(/^__Secure-ringback-refresh=; Expires=Thu, 01 Jan 1970/);
    expect([await works(token), (await refresh(cookie)).status, await works(other.token)]).toEqual([false, 401, true]);
  });

  it('ends with signing out everywhere, wherever it is', async () => {
    await gateway.userOf('viewer', 'everywhere@example.com');
    const [here, there] = [await browser('everywhere@example.com'), await browser('everywhere@example.com')];
    const somebody = await browser();
    expect((await gateway.call('/v1/auth/sessions', { method: 'DELETE', token: here.token })).status).toBe(204);
    expect([await works(here.token), await works(there.token), await works(somebody.token)]).toEqual([false, false, true]);
    expect((await there.refresh(there.cookie)).status).toBe(401);
  });

  describe('with a change of the password', () => {
    const change = (token: string, currentPassword: string, newPassword: string) =>
      gateway.call('/v1/auth/password', { method: 'PUT', token, json: { currentPassword, newPassword } });

    it('goes on, and all others end', async () => {
      await gateway.userOf('viewer', 'change@example.com');
      const [here, there] = [await browser('change@example.com'), await browser('change@example.com')];
      expect((await change(here.token, ADMIN.password, 'seven quiet mountains')).status).toBe(204);
      expect([await works(here.token), await works(there.token)]).toEqual([true, false]);
      expect((await gateway.signIn('change@example.com')).status).toBe(401);
      expect((await gateway.signIn('change@example.com', 'seven quiet mountains')).status).toBe(201);
    });

    it.each([
      ['without the current one', 'not this one at all', 'seven quiet mountains', 'currentPassword'],
      ['to a short one', ADMIN.password, 'fourteen chars', 'newPassword'],
      ['to one of few letters', ADMIN.password, 'ababababababababab', 'newPassword'],
      ['to one that repeats itself', ADMIN.password, 'secret7secret7secret7', 'newPassword'],
      ['to a row of neighbours', ADMIN.password, 'abcdefghijklmnopqr', 'newPassword'],
      ['to the address', ADMIN.password, 'change2@example.com', 'newPassword'],
      ['to an endless one', ADMIN.password, 'x1y2'.repeat(257), 'newPassword'],
    ])('%s is refused with 422', async (_, current, wanted, path) => {
      const token = await gateway.userOf('viewer', 'change2@example.com');
      expect(await change(token, current, wanted)).toMatchObject({ status: 422, body: { errors: [{ path }] } });
    });

    it('takes any script and any length that a person may want: fifteen characters, not bytes', async () => {
      const token = await gateway.userOf('viewer', 'change3@example.com');
      expect((await change(token, ADMIN.password, 'пятнадцать букв')).status).toBe(204);
    });

    it('cannot be used to guess the current one', async () => {
      const token = await gateway.userOf('viewer', 'change4@example.com');
      const statuses = new Set<number>();
      for (let n = 0; n < FREE_FAILURES.account + 3; n++) statuses.add((await change(token, `guess ${n}`, 'seven quiet mountains')).status);
      expect([...statuses]).toEqual([422, 429]);
    });
  });
});
