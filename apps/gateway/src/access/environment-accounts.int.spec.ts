import { decodeApiKeyEvent } from '@ringback/contracts';
import { createPool } from '@ringback/service-runtime';
import { freshDatabase, type TestDatabase } from '@ringback/testbed';
import type pg from 'pg';
import { pino } from 'pino';
import { migrateGateway } from '../migrations.js';
import { AccountsStore, normaliseEmail } from './accounts.store.js';
import { hashApiKey } from './api-key.js';
import { ensureEnvironmentAccounts } from './environment-accounts.js';
import { PasswordHasher } from './password-hasher.js';

const silent = pino({ level: 'silent' });
const first = {
  adminEmail: 'Admin@Example.com',
  adminPassword: 'the first password',
  bootstrapApiKey: 'first-key-of-32-characters-or-more',
};

describe('the accounts of the environment', () => {
  let database: TestDatabase;
  let pool: pg.Pool;
  const hasher = new PasswordHasher({ N: 2 ** 10, r: 8, p: 1 });

  beforeEach(async () => {
    database = await freshDatabase();
    await Promise.all([migrateGateway(database.url), migrateGateway(database.url)]);
    pool = createPool(database.url, { max: 5, applicationName: 'spec', logger: silent });
  });
  afterEach(async () => {
    await pool.end();
    await database.drop();
  });

  const ensure = (changed: Partial<typeof first> = {}) =>
    ensureEnvironmentAccounts({ pool, hasher, apiKeysTopic: 'gateway.api-keys', logger: silent }, { ...first, ...changed });
  const signsIn = async (email: string, password: string) => {
    const user = await new AccountsStore(pool).userForSignIn(normaliseEmail(email));
    return user !== null && user.active && hasher.verify(password, user.passwordHash!);
  };
  const keyWorks = async (key: string) => (await new AccountsStore(pool).callerOfKey(hashApiKey(key))) !== null;
  const rows = async () => (await pool.query('select * from gateway.user_account order by id')).rows;

  it('exist with the role admin', async () => {
    await ensure();
    expect(await rows()).toMatchObject([{ email: 'admin@example.com', role: 'admin', status: 'active' }]);
    expect(await new AccountsStore(pool).callerOfKey(hashApiKey(first.bootstrapApiKey))).toEqual({
      kind: 'key',
      id: 1,
      sessionId: null,
      name: 'bootstrap',
      role: 'admin',
      permissions: ['*'],
      scope: { offerIds: null },
    });
    expect(await signsIn(first.adminEmail, first.adminPassword)).toBe(true);
  });

  it('are stored hashed only', async () => {
    await ensure();
    const { rows: all } = await pool.query(`select u::text || k::text as everything from gateway.user_account u, gateway.api_key k`);
    expect(all[0].everything).not.toContain(first.adminPassword);
    expect(all[0].everything).not.toContain(first.bootstrapApiKey);
    expect(all[0].everything).toContain('scrypt$1024$8$1$');
  });

  it('stay untouched by another start', async () => {
    await ensure();
    const before = await rows();
    await ensure();
    expect(await rows()).toEqual(before);
  });

  it('take on another password and another key; the old ones work no more', async () => {
    await ensure();
    await ensure({ adminPassword: 'the second password', bootstrapApiKey: 'second-key-of-32-characters-or-more' });
    expect(await signsIn(first.adminEmail, first.adminPassword)).toBe(false);
    expect(await signsIn(first.adminEmail, 'the second password')).toBe(true);
    expect(await keyWorks(first.bootstrapApiKey)).toBe(false);
    expect(await keyWorks('second-key-of-32-characters-or-more')).toBe(true);
    await ensure();
    expect(await keyWorks(first.bootstrapApiKey)).toBe(true);
    expect(await keyWorks('second-key-of-32-characters-or-more')).toBe(false);
  });

  it('are announced, each change as a version; what an admin revoked stays revoked, though the environment has it still', async () => {
    await ensure();
    await ensure();
    await ensure({ bootstrapApiKey: 'second-key-of-32-characters-or-more' });
    await pool.query('update gateway.api_key set revoked_at = now() where revoked_at is null');
    await ensure({ bootstrapApiKey: 'second-key-of-32-characters-or-more' });
    expect(await keyWorks('second-key-of-32-characters-or-more')).toBe(false);
    const { rows: published } = await pool.query('select key, value from gateway.outbox order by id');
    expect(published.map(({ key }) => key)).toEqual(['1:1', '1:2', expect.stringMatching(/^[2-9]:1$/)]);
    expect(published.map(({ value }) => decodeApiKeyEvent(value))).toMatchObject([
      { ok: true, event: { data: { permissions: ['*'], scope: { offerIds: null }, revokedAt: null } } },
      { ok: true, event: { data: { revokedAt: expect.any(String) } } },
      { ok: true, event: { data: { hash: hashApiKey('second-key-of-32-characters-or-more').toString('hex') } } },
    ]);
  });

  it('of another address take the place of the one before', async () => {
    await ensure();
    await ensure({ adminEmail: 'other@example.com' });
    expect(await signsIn(first.adminEmail, first.adminPassword)).toBe(false);
    expect(await signsIn('other@example.com', first.adminPassword)).toBe(true);
  });

  it('are enabled again, as admin, when someone locked them out', async () => {
    await ensure();
    await pool.query(`update gateway.user_account set status = 'disabled', role = 'viewer'`);
    await ensure();
    expect(await rows()).toMatchObject([{ role: 'admin', status: 'active' }]);
  });

  it('leave other users and keys alone', async () => {
    await pool.query(
      `insert into gateway.user_account (email, password_hash, role, status) values ('a@example.com', 'x', 'viewer', 'active')`,
    );
    await pool.query(`insert into gateway.api_key (name, prefix, hash, role) values ('k', 'k', $1, 'service')`, [hashApiKey('k')]);
    await ensure();
    expect((await rows())[0]).toMatchObject({ email: 'a@example.com', role: 'viewer', status: 'active' });
    expect(await keyWorks('k')).toBe(true);
  });

  it('are made once by gateways that start at the same time', async () => {
    await Promise.all([ensure(), ensure(), ensure()]);
    expect(await rows()).toHaveLength(1);
    expect((await pool.query('select from gateway.api_key')).rowCount).toBe(1);
  });
});
