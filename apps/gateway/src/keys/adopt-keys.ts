import { decodeApiKeyEvent, type ApiKeyVersion } from '@ringback/contracts';
import { TopicReader, type EventStream } from '@ringback/event-stream';
import { inTransaction, type Logger } from '@ringback/service-runtime';
import type pg from 'pg';

export interface AdoptKeysOptions {
  readonly pool: pg.Pool;
  readonly stream: EventStream;
  /** Full name of `gateway.api-keys`. */
  readonly topic: string;
  readonly logger: Logger;
  /** Gives up waiting for Kafka. */
  readonly signal: AbortSignal;
}

/** Of a key itself the topic has the hash only, so what it begins with is not known any more. */
const UNKNOWN_PREFIX = 'restored';

/**
 * Takes into the database every key whose newest version on the topic is newer than its own: what was acknowledged after the backup that it
 * was restored from. Else a key that was revoked since would work again, and what is changed next would have a version that readers know.
 * @returns how many keys
 * @throws {EventStreamError} `STOPPED` when told to; what PostgreSQL says
 */
export async function adoptKeys({ pool, stream, topic, logger, signal }: AdoptKeysOptions): Promise<number> {
  const newest = await readNewest(stream, topic, logger, signal);
  if (newest.size === 0) return 0;
  const { rows } = await pool.query<{ id: number; version: number }>('select id, version from gateway.api_key where id = any($1)', [
    [...newest.keys()],
  ]);
  const known = new Map(rows.map(({ id, version }) => [id, version]));
  const newer = [...newest.values()].filter(({ id, version }) => version > (known.get(id) ?? 0));
  if (newer.length === 0) return 0;
  return inTransaction(pool, async (client) => {
    let adopted = 0;
    for (const key of newer) adopted += (await adopt(client, key)) ? 1 : 0;
    await client.query(
      `select setval(pg_get_serial_sequence('gateway.api_key', 'id'), greatest(max(id), nextval(pg_get_serial_sequence('gateway.api_key', 'id')))) from gateway.api_key`,
    );
    if (adopted > 0)
      logger.warn({ keys: adopted }, 'the topic has versions of keys that the database did not: it was restored, and they were taken in');
    if (adopted < newer.length)
      logger.error({ keys: newer.length - adopted }, 'keys on the topic have the ids of others: revoke and replace those');
    return adopted;
  });
}

async function readNewest(stream: EventStream, topic: string, logger: Logger, signal: AbortSignal): Promise<Map<number, ApiKeyVersion>> {
  const newest = new Map<number, ApiKeyVersion>();
  const reader = new TopicReader({
    stream,
    topic,
    logger,
    onRecord: ({ value }) => {
      const decoded = decodeApiKeyEvent(value);
      if (decoded.ok && decoded.event.data.version > (newest.get(decoded.event.data.id)?.version ?? 0))
        newest.set(decoded.event.data.id, decoded.event.data);
    },
    onFatal: () => undefined, // `start` rejects with it
  });
  const stop = (): void => void reader.stop();
  signal.addEventListener('abort', stop);
  try {
    await reader.start();
    return newest;
  } finally {
    signal.removeEventListener('abort', stop);
    await reader.stop();
  }
}

/** @returns false where another key has the id, or the hash. */
async function adopt(client: pg.ClientBase, key: ApiKeyVersion): Promise<boolean> {
  const { rowCount } = await client.query(
    `insert into gateway.api_key as known
       (id, name, prefix, hash, role, offer_ids, expires_at, revoked_at, version, announced_permissions, created_by, created_at, updated_at)
     overriding system value values ($1, $2, $13, decode($3, 'hex'), $4, $5, $6, $7, $8, $9, $10, $11, $12)
     on conflict (id) do update
       set name = excluded.name, role = excluded.role, offer_ids = excluded.offer_ids, expires_at = excluded.expires_at,
           revoked_at = excluded.revoked_at, version = excluded.version, announced_permissions = excluded.announced_permissions,
           updated_at = excluded.updated_at
       where known.hash = excluded.hash and known.version < excluded.version`,
    [
      key.id,
      key.name,
      key.hash,
      key.role,
      key.scope.offerIds,
      key.expiresAt,
      key.revokedAt,
      key.version,
      key.permissions,
      key.changedBy,
      key.createdAt,
      key.updatedAt,
      UNKNOWN_PREFIX,
    ],
  );
  return rowCount === 1;
}
