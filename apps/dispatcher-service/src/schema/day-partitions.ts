import type pg from 'pg';
import { deliveryIdFloor } from '@ringback/contracts';

export const DAY_MS = 24 * 60 * 60 * 1000;
/** How long the log is kept, in days: an event older than this cannot be told from one already delivered. */
export const RETENTION_DAYS = 30;
/** How many days ahead partitions are made: more than the one day that an event's clock may run ahead. */
const AHEAD_DAYS = 2;

const PARTITIONED = ['delivery', 'delivery_attempt', 'parked_event'] as const;

/**
 * Makes the partitions of the days from `RETENTION_DAYS` ago to `AHEAD_DAYS` ahead of `nowMs`, where they are missing. Safe to run by
 * several processes at once, and again. One look at the catalogue when nothing is missing.
 * @returns how many partitions it made.
 */
export async function ensureDayPartitions(client: pg.ClientBase | pg.Pool, nowMs: number): Promise<number> {
  const today = Math.floor(nowMs / DAY_MS);
  const days = Array.from({ length: RETENTION_DAYS + 1 + AHEAD_DAYS + 1 }, (_, index) => today - RETENTION_DAYS - 1 + index);
  const wanted = days.flatMap((day) => PARTITIONED.map((table) => ({ table, day, name: `${table}_${dayName(day)}` })));
  const existing = await client.query<{ name: string }>(
    `select c.relname as name from pg_class c join pg_namespace n on n.oid = c.relnamespace
     where n.nspname = 'dispatcher' and c.relname = any($1::text[])`,
    [wanted.map(({ name }) => name)],
  );
  const present = new Set(existing.rows.map(({ name }) => name));
  const missing = wanted.filter(({ name }) => !present.has(name));
  if (missing.length === 0) return 0;
  // One statement, so one transaction; the lock keeps two processes from making the same partition.
  await client.query(
    [
      `select pg_advisory_xact_lock(hashtextextended('ringback:dispatcher:partitions', 0));`,
      ...missing.map(
        ({ table, day, name }) =>
          `create table if not exists dispatcher.${name} partition of dispatcher.${table}
           for values from ('${deliveryIdFloor(day * DAY_MS)}') to ('${deliveryIdFloor((day + 1) * DAY_MS)}');`,
      ),
    ].join('\n'),
  );
  return missing.length;
}

/** @returns a day of the epoch as `20261123`: the end of its partitions' names. */
export function dayName(day: number): string {
  return new Date(day * DAY_MS).toISOString().slice(0, 10).replaceAll('-', '');
}
