import type pg from 'pg';
import { MAX_COUNTED_REDELIVERIES, type RedeliveryFilter } from '@ringback/contracts';
import { LOG_COLUMNS, type DeliveryRow } from '../delivery-log/delivery-row.js';

/** Rows of the log looked at by the first statement of a search, and by the later ones at most. */
const FIRST_CHUNK_ROWS = 1_000;
const MAX_CHUNK_ROWS = 16_000;
/** Statements of one search: what a filter that matches little costs between two looks at the redelivery's state. */
const MAX_CHUNKS = 4;
const COUNT_CHUNK_ROWS = 50_000;
/** How long a count may take before it says "at least", in ms. */
const MAX_COUNT_MS = 1_500;

/** A part of the log as it was at a moment. */
export interface LogSearch {
  readonly filter: Omit<RedeliveryFilter, 'from' | 'to'>;
  /** All that may be seen; null: every offer. */
  readonly offerIds: readonly number[] | null;
  /** Ids, both excluded. */
  readonly after: string;
  readonly before: string;
  /** What ended later is not part of it. */
  readonly settledByMs: number;
}

export interface Candidates {
  /** In the order of their ids. */
  readonly rows: readonly DeliveryRow[];
  /** All up to this id was looked at. */
  readonly position: string;
  /** There is nothing more. */
  readonly isEnd: boolean;
}

interface ChunkRow extends DeliveryRow {
  /** Not a delivery but the last row that the statement looked at: there may be more. */
  readonly is_last: boolean;
}

/** Looks through the log in the order of ids, for `maxRows` at most or for as long as a few statements take. */
export async function findCandidates(pool: pg.Pool, search: LogSearch, maxRows: number): Promise<Candidates> {
  const rows: DeliveryRow[] = [];
  let position = search.after;
  let chunkRows = Math.max(FIRST_CHUNK_ROWS, maxRows);
  for (let chunk = 0; chunk < MAX_CHUNKS; chunk++) {
    const values: unknown[] = [position, search.before, chunkRows, search.settledByMs, maxRows + 1 - rows.length];
    const matches = conditionsOf(search, (value) => `$${values.push(value)}`);
    const result = await pool.query<ChunkRow>(
      `with chunk as materialized (${chunkSql(LOG_COLUMNS, matches.conversion)})
       (select false as is_last, chunk.* from chunk where ${matches.all} order by id limit $5)
       union all
       (select true, chunk.* from chunk order by id offset $3 - 1)`,
      values,
    );
    const found = result.rows.filter(({ is_last }) => !is_last);
    rows.push(...found);
    // One more than asked for shows that there is more, so that the last of them is known to be the last.
    if (rows.length > maxRows) return { rows: rows.slice(0, maxRows), position: rows[maxRows - 1]!.id, isEnd: false };
    const last = result.rows.find(({ is_last }) => is_last);
    if (last === undefined) return { rows, position: search.before, isEnd: true };
    position = last.id;
    chunkRows = Math.min(chunkRows * 4, MAX_CHUNK_ROWS);
  }
  return { rows, position, isEnd: false };
}

/** @returns how many there are: exactly, or at least that many when there are very many or it takes too long. */
export async function countCandidates(
  pool: pg.Pool,
  search: LogSearch,
  elapsedMs: () => number,
): Promise<{ count: number; isExact: boolean }> {
  let count = 0;
  let position = search.after;
  for (;;) {
    const values: unknown[] = [position, search.before, COUNT_CHUNK_ROWS, search.settledByMs];
    const matches = conditionsOf(search, (value) => `$${values.push(value)}`);
    const { rows } = await pool.query<{ count: number; last: string | null }>(
      `with chunk as materialized (${chunkSql('id, settled_at, offer_id, affiliate_id, callback_id, status, http_status', matches.conversion)})
       select count(*) filter (where ${matches.all})::integer as count, (select id from chunk order by id offset $3 - 1) as last from chunk`,
      values,
    );
    count += rows[0]!.count;
    const { last } = rows[0]!;
    if (count > MAX_COUNTED_REDELIVERIES) return { count: MAX_COUNTED_REDELIVERIES, isExact: false };
    if (last === null) return { count, isExact: true };
    if (elapsedMs() > MAX_COUNT_MS) return { count, isExact: false };
    position = last;
  }
}

function chunkSql(columns: string, conversion: string): string {
  return `select ${columns} from dispatcher.delivery where id > $1 and id < $2 ${conversion} order by id limit $3`;
}

function conditionsOf({ filter, offerIds }: LogSearch, bind: (value: unknown) => string): { all: string; conversion: string } {
  const all = [`settled_at <= to_timestamp($4::float8 / 1000)`];
  if (filter.offerId !== undefined) all.push(`offer_id = ${bind(filter.offerId)}`);
  if (filter.affiliateId !== undefined) all.push(`affiliate_id = ${bind(filter.affiliateId)}`);
  if (filter.callbackId !== undefined) all.push(`callback_id = ${bind(filter.callbackId)}`);
  if (filter.httpStatus !== undefined) all.push(`http_status = ${bind(filter.httpStatus)}`);
  if (filter.status !== undefined) all.push(`status::text = ${bind(filter.status)}`);
  if (offerIds !== null) all.push(`offer_id = any(${bind(offerIds)}::integer[])`);
  // A conversion has few deliveries, and an index: no need to look through the others.
  const conversion = filter.conversionId === undefined ? '' : `and conversion_id = ${bind(filter.conversionId)}`;
  return { all: all.join(' and '), conversion };
}
