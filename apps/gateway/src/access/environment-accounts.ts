import { inTransaction, type Logger } from '@ringback/service-runtime';
import type pg from 'pg';
import { announceKeys } from '../keys/announce-key.js';
import { normaliseEmail } from './accounts.store.js';
import { hashApiKey, visiblePrefix } from './api-key.js';
import type { PasswordHasher } from './password-hasher.js';

/** Who makes what comes from the environment. */
const ENVIRONMENT = 'environment';

export interface EnvironmentAccounts {
  readonly adminEmail: string;
  readonly adminPassword: string;
  readonly bootstrapApiKey: string;
}

export interface EnvironmentAccountsContext {
  readonly pool: pg.Pool;
  readonly hasher: PasswordHasher;
  /** Full name of `gateway.api-keys`. */
  readonly apiKeysTopic: string;
  readonly logger: Logger;
}

/**
 * Makes the admin and the key of the environment exist and work, as the environment has them now: another password replaces the old
 * one; another email or key disables the account or key that came from the environment before. A key that an admin revoked stays revoked.
 * Announces keys of which Kafka does not know all there is. Idempotent; gateways that start at once take turns.
 */
export async function ensureEnvironmentAccounts(context: EnvironmentAccountsContext, accounts: EnvironmentAccounts): Promise<void> {
  await inTransaction(context.pool, async (client) => {
    await client.query(`select pg_advisory_xact_lock(hashtextextended('ringback:gateway:environment-accounts', 0))`);
    await ensureAdmin(client, context.hasher, accounts);
    await ensureKey(client, accounts.bootstrapApiKey, context.logger);
    await announceUnannounced(client, context.apiKeysTopic);
  });
}

async function ensureAdmin(client: pg.PoolClient, hasher: PasswordHasher, accounts: EnvironmentAccounts): Promise<void> {
  const email = normaliseEmail(accounts.adminEmail);
  await client.query(
    `update gateway.user_account set status = 'disabled', from_environment = false, version = version + 1, updated_at = now()
      where from_environment and email <> $1`,
    [email],
  );
  const { rows } = await client.query<{ passwordHash: string | null }>(
    'select password_hash as "passwordHash" from gateway.user_account where email = $1',
    [email],
  );
  const stored = rows[0]?.passwordHash ?? undefined;
  const kept = stored !== undefined && hasher.isCurrent(stored) && (await hasher.verify(accounts.adminPassword, stored));
  await client.query(
    `insert into gateway.user_account (email, password_hash, role, status, from_environment) values ($1, $2, 'admin', 'active', true)
     on conflict (email) do update
        set password_hash = excluded.password_hash, role = 'admin', status = 'active', from_environment = true,
            version = user_account.version + 1, updated_at = now()
      where (user_account.password_hash, user_account.role, user_account.status, user_account.from_environment)
            is distinct from (excluded.password_hash, 'admin', 'active', true)`,
    [email, kept ? stored : await hasher.hash(accounts.adminPassword)],
  );
}

async function ensureKey(client: pg.PoolClient, key: string, logger: Logger): Promise<void> {
  const hash = hashApiKey(key);
  await client.query(
    `update gateway.api_key set revoked_at = now(), from_environment = false, announced_permissions = null
      where from_environment and hash <> $1 and revoked_at is null`,
    [hash],
  );
  // What the environment itself took away is given back; what an admin revoked is not.
  const revoked = await client.query(
    `select from gateway.api_key where hash = $1 and revoked_at is not null and from_environment
       and not exists (select from gateway.api_key live where live.hash = $1 and live.revoked_at is null)`,
    [hash],
  );
  if (revoked.rowCount !== 0) return logger.error('BOOTSTRAP_API_KEY is revoked, for good: set another one');
  await client.query(
    `insert into gateway.api_key (name, prefix, hash, role, from_environment, created_by) values ('bootstrap', $2, $1, 'admin', true, $3)
     on conflict (hash) where revoked_at is null do update
        set expires_at = null, role = 'admin', offer_ids = null, from_environment = true, announced_permissions = null
      where (api_key.expires_at, api_key.role, api_key.offer_ids, api_key.from_environment) is distinct from (null, 'admin', null, true)`,
    [hash, visiblePrefix(key), ENVIRONMENT],
  );
}

/** Keys from before there was the topic, changed just now, or whose role allows something else since a migration. */
async function announceUnannounced(client: pg.PoolClient, topic: string): Promise<void> {
  const { rows } = await client.query<{ id: number }>(
    `select k.id from gateway.api_key k join gateway.role r on r.name = k.role
      where k.announced_permissions is distinct from r.permissions order by k.id for update of k`,
  );
  await announceKeys(
    client,
    topic,
    rows.map(({ id }) => id),
    ENVIRONMENT,
  );
}
