import type pg from 'pg';
import { DAY_MS } from './day-partitions.js';

export interface RollupTable {
  readonly name: 'statistics_minute' | 'statistics_hour' | 'statistics_day' | 'statistics_four_days' | 'statistics_sixteen_days';
  /** Of time, in ms. */
  readonly bucketMs: number;
  /** How long its rows are kept, in days. */
  readonly keptDays: number;
  /** Days in a partition. */
  readonly partitionDays: number;
}

export const MINUTES: RollupTable = { name: 'statistics_minute', bucketMs: 60_000, keptDays: 2, partitionDays: 1 };
export const HOURS: RollupTable = { name: 'statistics_hour', bucketMs: 3_600_000, keptDays: 60, partitionDays: 7 };
export const DAYS: RollupTable = { name: 'statistics_day', bucketMs: DAY_MS, keptDays: 400, partitionDays: 28 };
/** Counted from the epoch, as all buckets are. Of 31 days any range is seven buckets: one of sixteen days, three of four, and three days. */
export const FOUR_DAYS: RollupTable = { name: 'statistics_four_days', bucketMs: 4 * DAY_MS, keptDays: 400, partitionDays: 28 };
export const SIXTEEN_DAYS: RollupTable = { name: 'statistics_sixteen_days', bucketMs: 16 * DAY_MS, keptDays: 400, partitionDays: 112 };
/** From the finest to the coarsest; each but the first is summed from the one before it. */
export const ROLLUP_TABLES: readonly RollupTable[] = [MINUTES, HOURS, DAYS, FOUR_DAYS, SIXTEEN_DAYS];

/** How far ahead partitions are made, in days. */
const AHEAD_DAYS = 2;
/** Longest that dropping a partition may wait, and make others wait, for its lock, in ms; else it is tried again an hour later. */
const DROP_LOCK_MS = 50;

/** Rows of one shape at several resolutions; what a level does not tell apart is 0, or empty. Written by a migration: never change it. */
export function rollupTableSql(name: string, counter: 'integer' | 'bigint'): string {
  return `
    create table dispatcher.${name} (
      at timestamptz not null,
      level dispatcher.statistics_level not null,
      offer_id integer not null,
      affiliate_id integer not null,
      callback_id integer not null,
      delivered ${counter} not null,
      delivered_first_try ${counter} not null,
      exhausted ${counter} not null,
      cancelled ${counter} not null,
      redelivered ${counter} not null,
      redeliveries_failed ${counter} not null,
      attempts ${counter} not null,
      first_attempts ${counter} not null,
      destination text not null,
      latency bytea not null,
      duration bytea not null,
      primary key (level, at, callback_id, offer_id, affiliate_id, destination)
    ) partition by range (at);
    create index ${name}_callback on dispatcher.${name} (callback_id, at) where level = 'callback';
    create index ${name}_offer on dispatcher.${name} (offer_id, at) where level = 'callback';
    create index ${name}_affiliate on dispatcher.${name} (affiliate_id, at) where level = 'callback';
    comment on table dispatcher.${name} is 'sums of statistics; latency and duration: see statistics/histogram.ts';`;
}

/**
 * Makes the partitions of a table for the days from `fromMs` to `AHEAD_DAYS` after `toMs`, where they are missing. Safe to run by several
 * processes at once, and again. One look at the catalogue when nothing is missing.
 */
export async function ensureRollupPartitions(
  client: pg.ClientBase | pg.Pool,
  { name, partitionDays }: RollupTable,
  fromMs: number,
  toMs: number,
): Promise<void> {
  const first = Math.floor(fromMs / DAY_MS / partitionDays);
  const last = Math.floor((toMs / DAY_MS + AHEAD_DAYS) / partitionDays);
  const wanted = Array.from({ length: last - first + 1 }, (_, index) => {
    const start = (first + index) * partitionDays;
    return { partition: `${name}_${dayName(start)}`, from: dateOf(start), to: dateOf(start + partitionDays) };
  });
  const present = new Set((await partitionsOf(client, name)).map(({ partition }) => partition));
  const missing = wanted.filter(({ partition }) => !present.has(partition));
  if (missing.length === 0) return;
  // One statement, so one transaction; the lock keeps two processes from making the same partition.
  await client.query(
    [
      `select pg_advisory_xact_lock(hashtextextended('ringback:dispatcher:rollup-partitions', 0));`,
      ...missing.map(
        ({ partition, from, to }) =>
          `create table if not exists dispatcher.${partition} partition of dispatcher.${name} for values from ('${from}') to ('${to}');`,
      ),
    ].join('\n'),
  );
}

/**
 * Drops the partitions that end before `beforeMs`, each whole.
 * @returns how many were dropped; one whose lock others hold is left for the next time.
 */
export async function dropRollupPartitions(client: pg.ClientBase, { name, partitionDays }: RollupTable, beforeMs: number): Promise<number> {
  let dropped = 0;
  for (const { partition, startMs } of await partitionsOf(client, name)) {
    if (startMs + partitionDays * DAY_MS > beforeMs) continue;
    try {
      await client.query(`begin; set local lock_timeout = ${DROP_LOCK_MS}; drop table if exists dispatcher.${partition}; commit`);
      dropped++;
    } catch (error) {
      await client.query('rollback');
      if ((error as { code?: unknown }).code !== LOCK_NOT_AVAILABLE) throw error;
    }
  }
  return dropped;
}

const LOCK_NOT_AVAILABLE = '55P03';

async function partitionsOf(client: pg.ClientBase | pg.Pool, name: string): Promise<{ partition: string; startMs: number }[]> {
  const { rows } = await client.query<{ partition: string }>(
    `select c.relname as partition from pg_inherits join pg_class c on c.oid = inhrelid where inhparent = $1::regclass`,
    [`dispatcher.${name}`],
  );
  return rows.map(({ partition }) => {
    const [, year, month, day] = /_(\d{4})(\d\d)(\d\d)$/.exec(partition)!;
    return { partition, startMs: Date.UTC(Number(year), Number(month) - 1, Number(day)) };
  });
}

/** @returns a day of the epoch as `2026-11-23T00:00:00.000Z`. */
function dateOf(day: number): string {
  return new Date(day * DAY_MS).toISOString();
}

/** @returns a day of the epoch as `20261123`. */
function dayName(day: number): string {
  return dateOf(day).slice(0, 10).replaceAll('-', '');
}
