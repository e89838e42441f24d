import { uuidArray } from '@ringback/postgres-arrays';
import type pg from 'pg';

/**
 * One statement, so one snapshot: a delivery that moves from parked to the log meanwhile is seen in one of them. The range beside the ids
 * lets PostgreSQL look into the partitions of these days only.
 */
const FIND_KNOWN = `
  select id from dispatcher.delivery where id = any($1::uuid[]) and id between $2::uuid and $3::uuid
  union all
  select id from dispatcher.parked where id = any($1::uuid[])`;

/** @returns which of the deliveries are in the log or parked already. */
export async function findKnown(pool: pg.Pool, ids: readonly string[]): Promise<ReadonlySet<string>> {
  if (ids.length === 0) return NONE;
  let low = ids[0]!;
  let high = low;
  for (const id of ids) {
    if (id < low) low = id;
    if (id > high) high = id;
  }
  const result = await pool.query<[string]>({
    name: 'find-known',
    text: FIND_KNOWN,
    values: [uuidArray(ids), low, high],
    rowMode: 'array',
  });
  return result.rows.length === 0 ? NONE : new Set(result.rows.map(([id]) => id));
}

const NONE: ReadonlySet<string> = new Set();
