import type pg from 'pg';
import { timed } from './outbox-lease.js';
import { outboxNames } from './outbox-names.js';

export interface WaitingRow {
  readonly id: number;
  readonly topic: string;
  readonly key: string;
  readonly value: Buffer | null;
}

export interface OutboxAccess {
  readonly pool: pg.Pool;
  readonly schema: string;
  readonly queryTimeoutMs: number;
}

/** What one row adds to a Kafka batch beside key and value, at most: lengths, offsets, the header. */
const ROW_OVERHEAD_BYTES = 100;

/**
 * Deletes what Kafka has acknowledged and reads what comes next, in one statement and only for whoever holds the lease.
 * Rows are found by their existence, never by a cursor: ids commit out of order.
 * @returns committed rows in the order of ids, at most `maxRows` and `maxBytes` (a single row may be larger); `lost` when the lease is
 *   not held by (holder, fence); the deletion has then been done all the same, since what is published is published
 */
export async function forgetAndTake(
  { pool, schema, queryTimeoutMs }: OutboxAccess,
  o: { holder: string; fence: number; published: readonly number[]; maxRows: number; maxBytes: number },
): Promise<WaitingRow[] | 'lost'> {
  const { outbox, lease } = outboxNames(schema);
  // No named statement: a plan made while the table was empty would be kept, and sort a grown table whole with every read.
  const { rows } = await pool.query<{ id: string | null; topic: string; key: string; value: Buffer | null }>(
    timed(queryTimeoutMs, {
      text: `
        with published as (delete from ${outbox} where id = any($3::bigint[]))
        select entry.id, entry.topic, entry.key, entry.value
        from ${lease} lease
        left join lateral (
          select id, topic, key, value from (
            select id, topic, key, value,
                   row_number() over by_id as place,
                   sum(octet_length(key) + coalesce(octet_length(value), 0) + ${ROW_OVERHEAD_BYTES}) over by_id as bytes
            from (
              select id, topic, key, value from ${outbox}
              where set_aside_at is null and id <> all($3::bigint[]) order by id limit $4
            ) earliest
            window by_id as (order by id rows unbounded preceding)
          ) sized where place = 1 or bytes <= $5
        ) entry on true
        where lease.holder = $1 and lease.fence = $2 and lease.expires_at > now()
        order by entry.id`,
      values: [o.holder, o.fence, o.published, o.maxRows, o.maxBytes],
    }),
  );
  if (rows.length === 0) return 'lost';
  return rows.flatMap(({ id, ...row }) => (id === null ? [] : [{ id: Number(id), ...row }]));
}

/** Takes a row that Kafka refuses out of the queue; it stays in the table. Does nothing when the lease is lost. */
export async function setAside(
  { pool, schema, queryTimeoutMs }: OutboxAccess,
  o: { holder: string; fence: number; id: number; reason: string },
): Promise<void> {
  const { outbox, lease } = outboxNames(schema);
  await pool.query(
    timed(queryTimeoutMs, {
      text: `
        update ${outbox} set set_aside_at = now(), set_aside_reason = $4
        where id = $3 and exists (select from ${lease} where holder = $1 and fence = $2 and expires_at > now())`,
      values: [o.holder, o.fence, o.id, o.reason],
    }),
  );
}

/** @returns which of these ids are still in the table; true for those set aside. */
export async function stillThere({ pool, schema, queryTimeoutMs }: OutboxAccess, ids: readonly number[]): Promise<Map<number, boolean>> {
  const { outbox } = outboxNames(schema);
  const { rows } = await pool.query<{ id: string; is_set_aside: boolean }>(
    timed(queryTimeoutMs, {
      text: `select id, set_aside_at is not null as is_set_aside from ${outbox} where id = any($1::bigint[])`,
      values: [ids],
    }),
  );
  return new Map(rows.map(({ id, is_set_aside }) => [Number(id), is_set_aside]));
}

export interface WaitingRows {
  readonly count: number;
  /** How long the oldest has waited, in ms; 0 where none does. */
  readonly oldestMs: number;
}

/** @returns what waits, counted no further than `limit`. */
export async function countWaiting({ pool, schema, queryTimeoutMs }: OutboxAccess, limit: number): Promise<WaitingRows> {
  const { outbox } = outboxNames(schema);
  const { rows } = await pool.query<{ waiting: number; oldest_ms: number }>(
    timed(queryTimeoutMs, {
      text: `
        select count(*)::int as waiting, coalesce(greatest(0, extract(epoch from now() - min(created_at))) * 1000, 0)::float8 as oldest_ms
        from (select created_at from ${outbox} where set_aside_at is null order by id limit $1) as counted`,
      values: [limit],
    }),
  );
  return { count: rows[0]?.waiting ?? 0, oldestMs: rows[0]?.oldest_ms ?? 0 };
}

/** Deletes what Kafka has acknowledged. */
export async function forget({ pool, schema, queryTimeoutMs }: OutboxAccess, ids: readonly number[]): Promise<void> {
  if (ids.length === 0) return;
  await pool.query(
    timed(queryTimeoutMs, { text: `delete from ${outboxNames(schema).outbox} where id = any($1::bigint[])`, values: [ids] }),
  );
}
