import { inTransaction } from '@ringback/service-runtime';
import type pg from 'pg';
import { normaliseEmail } from './accounts.store.js';
import { hashApiKey, visiblePrefix } from './api-key.js';
import type { PasswordHasher } from './password-hasher.js';

export interface EnvironmentAccounts {
  readonly adminEmail: string;
  readonly adminPassword: string;
  readonly bootstrapApiKey: string;
}

/**
 * Makes the admin and the key of the environment exist and work, as the environment has them now: another password replaces the old
 * one; another email or key disables the account or key that came from the environment before. Idempotent; gateways that start at once
 * take turns.
 */
export async function ensureEnvironmentAccounts(pool: pg.Pool, hasher: PasswordHasher, accounts: EnvironmentAccounts): Promise<void> {
  await inTransaction(pool, async (client) => {
    await client.query(`select pg_advisory_xact_lock(hashtextextended('ringback:gateway:environment-accounts', 0))`);
    await ensureAdmin(client, hasher, accounts);
    await ensureKey(client, accounts.bootstrapApiKey);
  });
}

async function ensureAdmin(client: pg.PoolClient, hasher: PasswordHasher, accounts: EnvironmentAccounts): Promise<void> {
  const email = normaliseEmail(accounts.adminEmail);
  await client.query(
    `update gateway.user_account set status = 'disabled', from_environment = false, updated_at = now()
      where from_environment and email <> $1`,
    [email],
  );
  const { rows } = await client.query<{ passwordHash: string }>(
    'select password_hash as "passwordHash" from gateway.user_account where email = $1',
    [email],
  );
  const stored = rows[0]?.passwordHash;
  const kept = stored !== undefined && hasher.isCurrent(stored) && (await hasher.verify(accounts.adminPassword, stored));
  await client.query(
    `insert into gateway.user_account (email, password_hash, role, status, from_environment) values ($1, $2, 'admin', 'active', true)
     on conflict (email) do update
        set password_hash = excluded.password_hash, role = 'admin', status = 'active', from_environment = true, updated_at = now()
      where (user_account.password_hash, user_account.role, user_account.status, user_account.from_environment)
            is distinct from (excluded.password_hash, 'admin', 'active', true)`,
    [email, kept ? stored : await hasher.hash(accounts.adminPassword)],
  );
}

async function ensureKey(client: pg.PoolClient, key: string): Promise<void> {
  const hash = hashApiKey(key);
  await client.query('update gateway.api_key set revoked_at = now() where from_environment and hash <> $1 and revoked_at is null', [hash]);
  await client.query(
    `insert into gateway.api_key (name, prefix, hash, role, from_environment) values ('bootstrap', $2, $1, 'admin', true)
     on conflict (hash) do update set revoked_at = null, expires_at = null, role = 'admin', from_environment = true`,
    [hash, visiblePrefix(key)],
  );
}
