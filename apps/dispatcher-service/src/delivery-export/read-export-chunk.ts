import type pg from 'pg';
import type { Delivery, DeliveryExportFilter } from '@ringback/contracts';
import { logConditions, parkedConditions, type DeliveryFilter, type TableConditions } from '../delivery-log/delivery-filter.js';
import { LOG_COLUMNS, PARKED_COLUMNS, toDelivery, type DeliveryRow } from '../delivery-log/delivery-row.js';

interface ChunkRow extends DeliveryRow {
  /** Not a delivery but the last row that the statement looked at: there may be more below. */
  is_floor: boolean;
}

/** Ids between which a chunk lies: `lowest` is part of it, `below` is not. */
export interface ChunkBounds {
  readonly lowest: string;
  readonly below: string;
  /** Most rows of each table that are looked at. */
  readonly rows: number;
}

export interface ExportChunk {
  /** Newest first. */
  readonly deliveries: readonly Delivery[];
  /** Where the next chunk begins; null when there is no more. */
  readonly nextBelow: string | null;
}

/**
 * The next deliveries of an export: the log and what is parked, merged by id; where both have it, parked speaks. A chunk is a statement of
 * its own, in no transaction: an export of minutes holds neither a snapshot that vacuum would wait for nor a lock on the days of the log.
 * @param offerIds the offers that the caller may see; null: all
 */
export async function readExportChunk(
  pool: pg.Pool,
  filter: DeliveryExportFilter,
  offerIds: readonly number[] | null,
  { lowest, below, rows: chunkRows }: ChunkBounds,
): Promise<ExportChunk> {
  const values: unknown[] = [lowest, below, chunkRows];
  const text = chunkSql({ ...filter, offerIds }, (value) => `$${values.push(value)}`);
  const { rows } = await pool.query<ChunkRow>(text, values);
  let floor: string | null = null;
  for (const row of rows) if (row.is_floor && (floor === null || row.id > floor)) floor = row.id;
  const found = rows.filter(({ is_floor, id }) => !is_floor && (floor === null || id >= floor));
  return { deliveries: found.sort((a, b) => (a.id < b.id ? 1 : -1)).map(toDelivery), nextBelow: floor };
}

/** One statement, so one snapshot: a delivery that moves from parked to the log meanwhile is seen once. */
function chunkSql(filter: DeliveryFilter, bind: (value: unknown) => string): string {
  const log = logConditions(filter, bind);
  const parked = parkedConditions(filter, bind);
  const chunk = (columns: string, table: string, { indexed, others }: TableConditions) => `
    select ${columns}, (${others}) as matches from dispatcher.${table}
    where id >= $1 and id < $2 and ${indexed}
    order by id desc limit $3`;
  return `
    with log_chunk as materialized (${chunk(LOG_COLUMNS, 'delivery', log)}),
      parked_chunk as materialized (${chunk(PARKED_COLUMNS, 'parked', parked)})
    select false as is_floor, log_chunk.* from log_chunk
    where matches and not exists (select from dispatcher.parked where parked.id = log_chunk.id)
    union all
    select false, parked_chunk.* from parked_chunk where matches
    union all
    (select true, log_chunk.* from log_chunk order by id desc offset $3 - 1)
    union all
    (select true, parked_chunk.* from parked_chunk order by id desc offset $3 - 1)`;
}
