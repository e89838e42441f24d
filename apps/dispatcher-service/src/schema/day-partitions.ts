import type pg from 'pg';
import { deliveryIdFloor } from '@ringback/contracts';

export const DAY_MS = 24 * 60 * 60 * 1000;
/** How long the log is kept unless it is set otherwise, in days. */
export const DEFAULT_RETENTION_DAYS = 30;
/** How many days ahead partitions are made: more than the one day that an event's clock may run ahead. */
const AHEAD_DAYS = 2;

/** What is partitioned by day through its ids, in the order in which a day is made and dropped. */
export const DAILY_TABLES = ['delivery', 'delivery_attempt', 'parked_event'] as const;

/** Held while days are made, dropped or counted: one process at a time. */
export const DAYS_LOCK = `hashtextextended('ringback:dispatcher:partitions', 0)`;

const READ_DAYS = `
  select kept_from - date '1970-01-01' as kept_from, made_through - date '1970-01-01' as made_through from dispatcher.log_days`;

const ATTACHED = `
  select child.relname as name
  from pg_inherits join pg_class child on child.oid = inhrelid join pg_class parent on parent.oid = inhparent
  where parent.relnamespace = 'dispatcher'::regnamespace and not inhdetachpending and child.relname = any($1::text[])`;

const RECORD_DAYS = `
  update dispatcher.log_days
  set kept_from = greatest(kept_from, date '1970-01-01' + $1::integer), made_through = greatest(made_through, date '1970-01-01' + $2::integer)
  where kept_from < date '1970-01-01' + $1::integer or made_through < date '1970-01-01' + $2::integer`;

/** @returns the oldest day of the epoch that is kept: a day more than the retention, for clocks that differ. */
export function firstKeptDay(nowMs: number, retentionDays: number): number {
  return Math.floor(nowMs / DAY_MS) - retentionDays - 1;
}

/**
 * Makes the partitions of the days from `retentionDays` ago to `AHEAD_DAYS` ahead of `nowMs`, where they are missing; never one that was
 * dropped. A day that was made once and is gone, though nobody recorded that it was dropped, was dropped by hand: from then on it counts
 * as not kept, with all days before it, since what was delivered in it cannot be told any more.
 *
 * Tables are made by themselves and attached, which waits for nobody who reads or writes the log, and makes nobody wait; `partition of`
 * would lock it all. Safe to run by several processes at once, and again. Two looks at the catalogue when nothing is missing.
 * @returns how many tables it made.
 */
export async function ensureDayPartitions(pool: pg.ClientBase | pg.Pool, nowMs: number, retentionDays: number): Promise<number> {
  const days = await readDays(pool);
  const last = Math.floor(nowMs / DAY_MS) + AHEAD_DAYS;
  const first = Math.max(days.keptFrom, firstKeptDay(nowMs, retentionDays));
  const wanted = Array.from({ length: Math.max(0, last - first + 1) }, (_, index) => first + index).flatMap((day) =>
    DAILY_TABLES.map((table) => ({ table, day, name: dayTable(table, day) })),
  );
  const attached = await pool.query<{ name: string }>(ATTACHED, [wanted.map(({ name }) => name)]);
  const present = new Set(attached.rows.map(({ name }) => name));
  const missing = wanted.filter(({ name }) => !present.has(name));
  const lost = missing.filter(({ table, day }) => table === 'delivery' && day <= days.madeThrough).map(({ day }) => day);
  const keptFrom = lost.length === 0 ? days.keptFrom : Math.max(...lost) + 1;
  const toMake = missing.filter(({ day }) => day >= keptFrom);
  if (toMake.length > 0 || lost.length > 0 || days.madeThrough < last) {
    // One statement, so one transaction; the lock keeps two processes from making the same table.
    await pool.query(
      [
        `select pg_advisory_xact_lock(${DAYS_LOCK});`,
        ...toMake.map(({ table, day, name }) => makeSql(table, day, name)),
        RECORD_DAYS.replaceAll('$1', String(keptFrom)).replaceAll('$2', String(last)),
      ].join('\n'),
    );
  }
  return toMake.length;
}

/** @returns a day of the epoch as `20261123`: the end of its partitions' names. */
export function dayName(day: number): string {
  return new Date(day * DAY_MS).toISOString().slice(0, 10).replaceAll('-', '');
}

/** Days of the epoch: the first that is kept, and the last that was ever made. */
async function readDays(client: pg.ClientBase | pg.Pool): Promise<{ keptFrom: number; madeThrough: number }> {
  const { rows } = await client.query<{ kept_from: number; made_through: number }>(READ_DAYS);
  return { keptFrom: rows[0]!.kept_from, madeThrough: rows[0]!.made_through };
}

/** @returns the name of a day's table. */
export function dayTable(table: (typeof DAILY_TABLES)[number], day: number): string {
  return `${table}_${dayName(day)}`;
}

/** Whoever waited for the lock finds it made. */
function makeSql(table: string, day: number, name: string): string {
  return `
    do $$ begin
      if to_regclass('dispatcher.${name}') is null then
        create table dispatcher.${name} (like dispatcher.${table} including all);
        alter table dispatcher.${table} attach partition dispatcher.${name}
          for values from ('${deliveryIdFloor(day * DAY_MS)}') to ('${deliveryIdFloor((day + 1) * DAY_MS)}');
      end if;
    end $$;`;
}
