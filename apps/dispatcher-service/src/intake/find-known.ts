import { uuidArray } from '@ringback/postgres-arrays';
import type pg from 'pg';

/**
 * One statement, so one snapshot: a delivery that moves from parked to the log meanwhile is seen in one of them, and a day that is dropped
 * meanwhile is seen, or seen to be kept no more: that is recorded before it goes. The range beside the ids lets PostgreSQL look into the
 * partitions of these days only.
 */
const FIND_KNOWN = `
  select id, 'known' from dispatcher.delivery where id = any($1::uuid[]) and id between $2::uuid and $3::uuid
  union all
  select id, 'known' from dispatcher.parked where id = any($1::uuid[])
  union all
  select kept_from_id, 'kept-from' from dispatcher.log_days where kept_from_id > $2::uuid
  union all
  select conversion_id, 'erased' from dispatcher.erasure where conversion_id = any($4::uuid[])`;

export interface Known {
  /** Deliveries that are in the log or parked already. */
  readonly known: ReadonlySet<string>;
  /** Of an earlier id nothing can be told: its day is not kept any more. Null: all that was asked for can. */
  readonly keptFromId: string | null;
  /** Conversions whose personal data was erased since. */
  readonly erased: ReadonlySet<string>;
}

/** @param conversionIds of the events behind the deliveries */
export async function findKnown(pool: pg.Pool, ids: readonly string[], conversionIds: readonly string[]): Promise<Known> {
  if (ids.length === 0) return NOTHING;
  let low = ids[0]!;
  let high = low;
  for (const id of ids) {
    if (id < low) low = id;
    if (id > high) high = id;
  }
  const result = await pool.query<[string, 'known' | 'kept-from' | 'erased']>({
    name: 'find-known',
    text: FIND_KNOWN,
    values: [uuidArray(ids), low, high, uuidArray(conversionIds)],
    rowMode: 'array',
  });
  if (result.rows.length === 0) return NOTHING;
  const of = (wanted: string): string[] => result.rows.flatMap(([id, kind]) => (kind === wanted ? [id] : []));
  return { known: new Set(of('known')), keptFromId: of('kept-from')[0] ?? null, erased: new Set(of('erased')) };
}

/** Nothing of what was asked for is known. */
export const NOTHING: Known = { known: new Set(), keptFromId: null, erased: new Set() };
