import type pg from 'pg';
import { deliveryIdFloor, deliveryRecordedAt, type Delivery, type DeliveryListQuery, type DeliveryPage } from '@ringback/contracts';
import { LOG_COLUMNS, PARKED_COLUMNS, toDelivery, type DeliveryRow } from './delivery-row.js';

/** How long a page may search, in ms. */
const MAX_SEARCH_MS = 150;
/** Rows looked at by the first statement of a page, and by the later ones at most. */
const FIRST_CHUNK_ROWS = 1_000;
const MAX_CHUNK_ROWS = 16_000;
const LOWEST_ID = '00000000-0000-0000-0000-000000000000';
const ABOVE_ALL_IDS = 'ffffffff-ffff-ffff-ffff-ffffffffffff';

interface ChunkRow extends DeliveryRow {
  /** Not a delivery but the last row that the statement looked at: there may be more below. */
  is_floor: boolean;
}

/**
 * A page of deliveries, newest first: the log and what is parked, merged by id; where both have it, parked speaks. Looks through the rows
 * in chunks, in the order of their ids, until the page is full or the time is up, so no filter needs an index of its own.
 * @param before the cursor's position: only what is older
 * @param elapsedMs since the search began
 */
export async function listDeliveries(
  pool: pg.Pool,
  query: DeliveryListQuery,
  before: string | null,
  elapsedMs: () => number,
): Promise<{ items: Delivery[]; nextBefore: string | null; searchedThrough: DeliveryPage['searchedThrough'] }> {
  const lowest = query.from === undefined ? LOWEST_ID : deliveryIdFloor(Math.max(0, Date.parse(query.from)));
  let below = query.to === undefined ? ABOVE_ALL_IDS : deliveryIdFloor(Math.max(0, Date.parse(query.to)));
  if (before !== null && before < below) below = before;
  const items: Delivery[] = [];
  for (let chunkRows = FIRST_CHUNK_ROWS; ; chunkRows = Math.min(chunkRows * 4, MAX_CHUNK_ROWS)) {
    const { rows, floor } = await readChunk(pool, query, lowest, below, chunkRows);
    for (const row of rows) {
      items.push(toDelivery(row));
      if (items.length === query.limit) return { items, nextBefore: row.id, searchedThrough: null };
    }
    if (floor === null) return { items, nextBefore: null, searchedThrough: null };
    if (elapsedMs() > MAX_SEARCH_MS)
      return { items, nextBefore: floor, searchedThrough: new Date(deliveryRecordedAt(floor)).toISOString() };
    below = floor;
  }
}

async function readChunk(
  pool: pg.Pool,
  query: DeliveryListQuery,
  lowest: string,
  below: string,
  chunkRows: number,
): Promise<{ rows: DeliveryRow[]; floor: string | null }> {
  const values: unknown[] = [lowest, below, chunkRows];
  const text = chunkSql(query, (value) => `$${values.push(value)}`);
  const result = await pool.query<ChunkRow>(text, values);
  let floor: string | null = null;
  for (const row of result.rows) if (row.is_floor && (floor === null || row.id > floor)) floor = row.id;
  const rows = result.rows.filter(({ is_floor, id }) => !is_floor && (floor === null || id >= floor));
  return { rows: rows.sort((a, b) => (a.id < b.id ? 1 : -1)), floor };
}

/** One statement, so one snapshot: a delivery that moves from parked to the log meanwhile is seen once. */
function chunkSql(query: DeliveryListQuery, bind: (value: unknown) => string): string {
  const conditions: string[] = [];
  if (query.offerId !== undefined) conditions.push(`offer_id = ${bind(query.offerId)}`);
  if (query.affiliateId !== undefined) conditions.push(`affiliate_id = ${bind(query.affiliateId)}`);
  if (query.callbackId !== undefined) conditions.push(`callback_id = ${bind(query.callbackId)}`);
  if (query.httpStatus !== undefined) conditions.push(`http_status = ${bind(query.httpStatus)}`);
  if (query.status !== undefined) conditions.push(`status = ${bind(query.status)}`);
  const matches = ['true', ...conditions].join(' and ');
  // A conversion has few deliveries, and an index: no need to look through the others.
  const conversion = query.conversionId === undefined ? '' : `and conversion_id = ${bind(query.conversionId)}`;
  const chunk = (columns: string, table: string) => `
    select ${columns} from dispatcher.${table}
    where id >= $1 and id < $2 ${conversion}
    order by id desc limit $3`;
  return `
    with log_chunk as materialized (${chunk(LOG_COLUMNS, 'delivery')}),
      parked_chunk as materialized (${chunk(PARKED_COLUMNS, 'parked')})
    select false as is_floor, log_chunk.* from log_chunk
    where ${matches} and not exists (select from dispatcher.parked where parked.id = log_chunk.id)
    union all
    select false, parked_chunk.* from parked_chunk where ${matches}
    union all
    (select true, log_chunk.* from log_chunk order by id desc offset $3 - 1)
    union all
    (select true, parked_chunk.* from parked_chunk order by id desc offset $3 - 1)`;
}
