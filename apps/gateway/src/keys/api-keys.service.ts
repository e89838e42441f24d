import type { ApiKey, apiKeyInputSchema, apiKeyPatchSchema, NewApiKey, Page } from '@ringback/contracts';
import type { OutboxRelay } from '@ringback/event-stream';
import { inTransaction, problem } from '@ringback/service-runtime';
import type pg from 'pg';
import type { z } from 'zod';
import { hashApiKey, makeApiKey, visiblePrefix } from '../access/api-key.js';
import type { Caller } from '../access/permissions.js';
import { requireGrantable } from '../access/roles.store.js';
import { requireMatch } from '../http/etag.js';
import { afterCursor, page } from '../http/paging.js';
import { announceKeys } from './announce-key.js';

/** How long an answer waits for the change to be on Kafka, where services read it, in ms. The gateways know it at once. */
const PUBLISHED_TIMEOUT_MS = 3_000;

/** Wakes whoever publishes the outbox. */
export type KeyPublisher = Pick<OutboxRelay, 'wake' | 'waitUntilPublished'>;

export interface ApiKeysOptions {
  readonly pool: pg.Pool;
  readonly publisher: KeyPublisher;
  /** Full name of `gateway.api-keys`. */
  readonly topic: string;
  readonly now: () => number;
}

interface KeyRow {
  id: number;
  name: string;
  prefix: string;
  role: string;
  offer_ids: number[] | null;
  expires_at: Date | null;
  revoked_at: Date | null;
  last_used_at: Date | null;
  created_by: string;
  version: number;
  created_at: Date;
  updated_at: Date;
}

const COLUMNS = `id, name, prefix, role, offer_ids, expires_at, revoked_at, last_used_at, created_by, version, created_at, updated_at`;

/** API keys: made, renamed, revoked for good. Every change is a version, announced on `gateway.api-keys`. */
export class ApiKeys {
  constructor(private readonly options: ApiKeysOptions) {}

  async list({ limit, cursor }: { limit: number; cursor?: string | undefined }): Promise<Page<ApiKey>> {
    const { rows } = await this.options.pool.query<KeyRow>(`select ${COLUMNS} from gateway.api_key where id > $1 order by id limit $2`, [
      afterCursor(cursor),
      limit + 1,
    ]);
    return page(rows.map(view), limit);
  }

  /** @throws {ProblemError} 404 */
  async read(id: number): Promise<ApiKey> {
    return view(await find(this.options.pool, id));
  }

  /** @returns the key itself too, for the one time. @throws {ProblemError} 422 */
  async create(caller: Caller, input: z.infer<typeof apiKeyInputSchema>): Promise<NewApiKey> {
    this.#requireFuture(input.expiresAt);
    const offerIds = input.offerIds === undefined || input.offerIds === null ? null : [...new Set(input.offerIds)].sort((a, b) => a - b);
    const key = makeApiKey();
    const id = await this.#change(caller, async (client) => {
      await requireGrantable(client, caller, input.role);
      const { rows } = await client.query<{ id: number }>(
        `insert into gateway.api_key (name, prefix, hash, role, offer_ids, expires_at, created_by) values ($1, $2, $3, $4, $5, $6, $7)
         returning id`,
        [input.name, visiblePrefix(key), hashApiKey(key), input.role, offerIds, input.expiresAt ?? null, caller.name],
      );
      return rows[0]!.id;
    });
    return { ...(await this.read(id)), key };
  }

  /** @throws {ProblemError} 404, 412; 409 for a key that is revoked, 422 */
  async patch(caller: Caller, id: number, patch: z.infer<typeof apiKeyPatchSchema>, ifMatch?: string): Promise<ApiKey> {
    this.#requireFuture(patch.expiresAt);
    await this.#change(caller, async (client) => {
      const row = await find(client, id, 'for update');
      requireMatch(ifMatch, row.version, () => view(row));
      if (row.revoked_at !== null) throw problem.conflict(`API key ${id} is revoked, for good: make another`);
      await client.query('update gateway.api_key set name = $2, expires_at = $3 where id = $1', [
        id,
        patch.name ?? row.name,
        patch.expiresAt === undefined ? row.expires_at : patch.expiresAt,
      ]);
      return id;
    });
    return this.read(id);
  }

  /** Every gateway refuses the key from the commit on, since each asks with every request. Revoking again changes nothing. @throws {ProblemError} 404, 412 */
  async revoke(caller: Caller, id: number, ifMatch?: string): Promise<void> {
    await this.#change(caller, async (client) => {
      const row = await find(client, id, 'for update');
      requireMatch(ifMatch, row.version, () => view(row));
      if (row.revoked_at !== null) return null;
      await client.query('update gateway.api_key set revoked_at = now() where id = $1', [id]);
      return id;
    });
  }

  /** @param work returns the id of the key that it changed, or null. */
  async #change<Id extends number | null>(caller: Caller, work: (client: pg.PoolClient) => Promise<Id>): Promise<Id> {
    const { pool, publisher, topic } = this.options;
    const { id, outboxIds } = await inTransaction(pool, async (client) => {
      const changed = await work(client);
      return { id: changed, outboxIds: changed === null ? [] : await announceKeys(client, topic, [changed], caller.name) };
    });
    publisher.wake();
    // Late is no failure: it holds here already, and for the services as soon as Kafka is back.
    for (const outboxId of outboxIds) await publisher.waitUntilPublished(outboxId, PUBLISHED_TIMEOUT_MS);
    return id;
  }

  #requireFuture(expiresAt: string | null | undefined): void {
    if (expiresAt !== undefined && expiresAt !== null && Date.parse(expiresAt) <= this.options.now())
      throw problem.unprocessable([{ path: 'expiresAt', message: 'must be in the future: to end the key now, revoke it' }]);
  }
}

async function find(client: Pick<pg.ClientBase, 'query'>, id: number, lock: '' | 'for update' = ''): Promise<KeyRow> {
  const { rows } = await client.query<KeyRow>(`select ${COLUMNS} from gateway.api_key where id = $1 ${lock}`, [id]);
  if (rows[0] === undefined) throw problem.notFound(`API key ${id}`);
  return rows[0];
}

function view(row: KeyRow): ApiKey {
  return {
    id: row.id,
    name: row.name,
    prefix: row.prefix,
    role: row.role,
    offerIds: row.offer_ids,
    expiresAt: row.expires_at?.toISOString() ?? null,
    revokedAt: row.revoked_at?.toISOString() ?? null,
    lastUsedAt: row.last_used_at?.toISOString() ?? null,
    createdBy: row.created_by,
    version: row.version,
    createdAt: row.created_at.toISOString(),
    updatedAt: row.updated_at.toISOString(),
  };
}
