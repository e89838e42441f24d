import { logConditions, parkedConditions, type DeliveryFilter, type TableConditions } from './delivery-filter.js';
import { LOG_COLUMNS, PARKED_COLUMNS, SUPERSEDED } from './delivery-row.js';
import { merged, type Found, type FoundRow, type IdRange } from './found.js';
import type { Read } from './read-within.js';

/**
 * Looks at the newest `chunkRows` rows of the log, and of what is parked, that an index in the order of ids leads to, for at most `maxRows`.
 * Its time depends on `chunkRows`, and not on how many match.
 * @param isPlain by the primary key, whatever other index there is
 * @returns null when the time was up
 */
export async function walkLog(
  read: Read,
  filter: DeliveryFilter,
  { lowest, below }: IdRange,
  maxRows: number,
  chunkRows: number,
  isPlain = false,
): Promise<Found | null> {
  const values: unknown[] = [lowest, below, chunkRows, maxRows];
  const bind = (value: unknown) => `$${values.push(value)}`;
  const [log, parked] = [logConditions(filter, bind), parkedConditions(filter, bind)];
  const found = await read<FoundRow>(isPlain ? walkSql(plain(log), plain(parked)) : walkSql(log, parked), values);
  return found === null ? null : merged(found, maxRows);
}

function plain({ indexed, others }: TableConditions): TableConditions {
  return { indexed: 'true', others: `${indexed} and ${others}` };
}

/** One statement, so one snapshot: a delivery that moves from parked to the log meanwhile is seen once. */
function walkSql(log: TableConditions, parked: TableConditions): string {
  const chunk = (columns: string, table: string, { indexed, others }: TableConditions) => `
    select ${columns}, (${others}) as matches from dispatcher.${table}
    where id >= $1 and id < $2 and ${indexed}
    order by id desc limit $3`;
  return `
    with log_chunk as materialized (${chunk(LOG_COLUMNS, 'delivery', log)}),
      parked_chunk as materialized (${chunk(PARKED_COLUMNS, 'parked', parked)})
    (select 'log' as found_as, log_chunk.*, ${SUPERSEDED('log_chunk')} from log_chunk where matches order by id desc limit $4)
    union all
    (select 'parked', parked_chunk.*, false from parked_chunk where matches order by id desc limit $4)
    union all
    (select 'floor', log_chunk.*, false from log_chunk order by id desc offset $3 - 1)
    union all
    (select 'floor', parked_chunk.*, false from parked_chunk order by id desc offset $3 - 1)`;
}
