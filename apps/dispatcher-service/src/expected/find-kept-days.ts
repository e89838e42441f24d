import type pg from 'pg';
import { DAY_MS, dayName } from '../schema/day-partitions.js';

/** A day of the log is a partition: kept until it is detached. */
const FIND_KEPT_DAYS = `
  select day.name from unnest($1::text[]) as day (name)
  join pg_inherits part on part.inhrelid = to_regclass('dispatcher.delivery_' || day.name)
  where part.inhparent = 'dispatcher.delivery'::regclass and not part.inhdetachpending`;

/** @returns a function that tells whether the log of a moment (ms since the epoch; one of those asked for) is kept. */
export async function findKeptDays(pool: pg.Pool, moments: readonly number[]): Promise<(atMs: number) => boolean> {
  const nameOf = (atMs: number): string => dayName(Math.floor(atMs / DAY_MS));
  const { rows } = await pool.query<{ name: string }>(FIND_KEPT_DAYS, [[...new Set(moments.map(nameOf))]]);
  const kept = new Set(rows.map(({ name }) => name));
  return (atMs) => kept.has(nameOf(atMs));
}
