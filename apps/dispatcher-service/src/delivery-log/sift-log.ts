import { logConditions, parkedConditions, type DeliveryFilter, type TableConditions } from './delivery-filter.js';
import { LOG_COLUMNS, PARKED_COLUMNS, SUPERSEDED } from './delivery-row.js';
import { merged, type Found, type FoundRow, type IdRange } from './found.js';
import type { Read } from './read-within.js';

/** The planner takes every value to be all over the log. That these are not is why this statement is run; bitmaps are what a sieve makes. */
export const SIFT_SETTINGS = { enable_seqscan: 'off', enable_indexscan: 'off' } as const;

/**
 * Looks for the newest `maxRows` of a range by the sieve: a bitmap of the pages that may have some. It costs little where there are few, and
 * as much as reading the range where there are many.
 * @returns null when the time was up
 */
export async function siftLog(read: Read, filter: DeliveryFilter, { lowest, below }: IdRange, maxRows: number): Promise<Found | null> {
  const values: unknown[] = [lowest, below, maxRows];
  const bind = (value: unknown) => `$${values.push(value)}`;
  const found = await read<FoundRow>(siftSql(logConditions(filter, bind), parkedConditions(filter, bind)), values);
  return found === null ? null : merged(found, maxRows);
}

/** One statement, so one snapshot. */
function siftSql(log: TableConditions, parked: TableConditions): string {
  const sifted = (columns: string, table: string, { indexed, others }: TableConditions) => `
    select ${columns} from dispatcher.${table}
    where id >= $1 and id < $2 and ${indexed} and ${others}
    order by id desc limit $3`;
  return `
    select 'log' as found_as, sifted.*, ${SUPERSEDED('sifted')} from (${sifted(LOG_COLUMNS, 'delivery', log)}) as sifted
    union all
    select 'parked', sifted.*, false from (${sifted(PARKED_COLUMNS, 'parked', parked)}) as sifted`;
}
