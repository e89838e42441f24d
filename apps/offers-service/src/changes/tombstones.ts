import { CONVERSION_EVENTS_RETENTION_MS } from '@ringback/contracts';
import { appendToOutbox } from '@ringback/event-stream';
import type { ClientBase } from 'pg';
import type { DataSource } from 'typeorm';
import { SCHEMA } from '../schema.js';
import type { ChangePublisher } from './change-log.js';
import { inTransaction } from './transaction.js';

/** How long an obsolete version stays on the topic, in ms: twice as long as any event that may need it (14 days). */
export const TOMBSTONE_AFTER_MS = 2 * CONVERSION_EVENTS_RETENTION_MS;

/** Versions ended in one transaction, which holds up other changes meanwhile. */
const BATCH_ROWS = 500;
/** Batches of one run; the next run goes on. */
const MAX_BATCHES = 200;

const LOCK = 'ringback:offers:tombstones';

export interface TombstoneOptions {
  readonly dataSource: DataSource;
  readonly publisher: Pick<ChangePublisher, 'wake' | 'isFull'>;
  readonly topic: string;
  readonly now: () => number;
  readonly batchRows?: number;
}

/**
 * Writes the tombstones that are due, oldest obsolete version first, each once. Of a deleted callback the deletion itself goes last, so no
 * reader ever sees it without what came before.
 * A tombstone takes the next number of the counter of revisions as its outbox id, like a change does. So the order of outbox ids stays the
 * order of commits on the topic, and a tombstone cannot overtake the version that it ends. It carries no revision: nothing changed. Readers
 * see the number as one that no change has.
 * @returns how many were written; 0 also while another instance is at it or too much waits for Kafka.
 */
export async function writeDueTombstones(options: TombstoneOptions): Promise<number> {
  let written = 0;
  for (let batch = 0; batch < MAX_BATCHES && !options.publisher.isFull(); batch++) {
    const rows = await writeBatch(options);
    if (rows > 0) options.publisher.wake();
    written += rows;
    if (rows < (options.batchRows ?? BATCH_ROWS)) break;
  }
  return written;
}

function writeBatch({ dataSource, topic, now, batchRows = BATCH_ROWS }: TombstoneOptions): Promise<number> {
  const at = now();
  return inTransaction(dataSource, async (manager) => {
    const locks: { mine: boolean }[] = await manager.query('select pg_try_advisory_xact_lock(hashtextextended($1, 0)) as mine', [LOCK]);
    if (!locks[0]!.mine) return 0;
    // Looked for before the counter is taken: an hour without a due version holds up nobody.
    const due = `obsolete_at <= $1 and tombstoned_at is null order by obsolete_at, revision limit $2`;
    const cutoff = [new Date(at - TOMBSTONE_AFTER_MS), batchRows];
    const any: unknown[] = await manager.query(`select 1 from offers.configuration_version where ${due}`, cutoff);
    if (any.length === 0) return 0;
    const counter: { current: string }[] = await manager.query('select current from offers.revision for update');
    const versions: { kind: string; id: number; version: number }[] = await manager.query(
      `select kind, aggregate_id as id, version from offers.configuration_version where ${due}`,
      cutoff,
    );
    const first = Number(counter[0]!.current) + 1;
    const client = (await manager.queryRunner!.connect()) as ClientBase;
    await appendToOutbox(
      client,
      SCHEMA,
      versions.map(({ kind, id, version }, index) => ({ id: first + index, topic, key: tombstoneKey(kind, id, version), value: null })),
    );
    await manager.query('update offers.revision set current = current + $1', [versions.length]);
    await manager.query(
      `update offers.configuration_version v set tombstoned_at = $1
       from unnest($2::text[], $3::integer[], $4::integer[]) as done (kind, id, version)
       where v.kind = done.kind and v.aggregate_id = done.id and v.version = done.version`,
      [new Date(at), versions.map((v) => v.kind), versions.map((v) => v.id), versions.map((v) => v.version)],
    );
    return versions.length;
  });
}

function tombstoneKey(kind: string, id: number, version: number): string {
  return kind === 'keyring' ? `keyring:${version}` : `${kind}:${id}:${version}`;
}
