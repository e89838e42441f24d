import {
  decodeCursor,
  encodeCursor,
  uuidSchema,
  type Conversion,
  type ConversionDetail,
  type ConversionListQuery,
  type ConversionPage,
  type ConversionStatus,
} from '@ringback/contracts';
import { problem } from '@ringback/service-runtime';
import { z } from 'zod';
import { conversionColumns, conversionFromRow, type ConversionRow } from '../ledger/conversion-row.js';
import type { Queryable } from '../ledger/queryable.js';
import { uuidV7Floor, uuidV7Ms } from '../ledger/uuid-v7-source.js';

const cursorSchema = z.strictObject({ id: uuidSchema });

/** How long a page may search, in ms: one that has not found enough by then says how far it came. */
const MAX_SEARCH_MS = 150;
/** Conversions that the first statement of a search looks at. */
const FIRST_LOOK = 2_000;
const MAX_LOOK = 50_000;
const LOWEST_ID = '00000000-0000-0000-0000-000000000000';
const ABOVE_ALL_IDS = 'ffffffff-ffff-ffff-ffff-ffffffffffff';

const oneSql = `select ${conversionColumns('c')} from conversions.conversion c where c.id = $1`;

const historySql = `
select event_id, version, status, previous_status, reject_reason, revision, at
from conversions.status_history
where conversion_id = $1
order by version`;

interface HistoryRow {
  readonly event_id: string;
  readonly version: number;
  readonly status: ConversionStatus;
  readonly previous_status: ConversionStatus | null;
  readonly reject_reason: string | null;
  readonly revision: string;
  readonly at: Date;
}

/**
 * A page of conversions, newest first. `from` is included, `to` is not; both are of `createdAt`, which ids carry in ms. One index leads
 * through the rows, all else is compared on the way: however rare a match is, a page ends in its time.
 * @param offerIds only of these; null: of all
 * @param maxSearchMs for specs
 * @throws {ProblemError} 422 naming a cursor that no list handed out
 */
export async function listConversions(
  db: Queryable,
  query: ConversionListQuery,
  offerIds: readonly number[] | null,
  maxSearchMs = MAX_SEARCH_MS,
): Promise<ConversionPage> {
  const cursor = query.cursor === undefined ? null : decodeCursor(query.cursor, cursorSchema);
  if (query.cursor !== undefined && cursor === null)
    throw problem.unprocessable([{ path: 'cursor', message: 'is not a cursor of this list: leave it out to begin anew' }]);
  const lowest = query.from === undefined ? LOWEST_ID : uuidV7Floor(Date.parse(query.from));
  const highest = query.to === undefined ? ABOVE_ALL_IDS : uuidV7Floor(Date.parse(query.to));
  let below = cursor !== null && cursor.id < highest ? cursor.id : highest;
  const items: Conversion[] = [];
  const startedAt = performance.now();
  for (let look = FIRST_LOOK; ; look = Math.min(MAX_LOOK, look * 4)) {
    const { rows, floor } = await lookThrough(db, query, offerIds, { lowest, below }, query.limit + 1 - items.length, look);
    items.push(...rows.map(conversionFromRow));
    if (items.length > query.limit)
      return { items: items.slice(0, query.limit), nextCursor: encodeCursor({ id: items[query.limit - 1]!.id }), searchedThrough: null };
    if (floor === null) return { items, nextCursor: null, searchedThrough: null };
    below = floor;
    if (performance.now() - startedAt >= maxSearchMs)
      return { items, nextCursor: encodeCursor({ id: below }), searchedThrough: new Date(uuidV7Ms(below)).toISOString() };
  }
}

/**
 * Looks at the newest `look` conversions of a range that the best index leads to.
 * @returns those that match, at most `limit`, and the last one that was looked at; null: the range has no more
 */
async function lookThrough(
  db: Queryable,
  query: ConversionListQuery,
  offerIds: readonly number[] | null,
  { lowest, below }: { lowest: string; below: string },
  limit: number,
  look: number,
): Promise<{ rows: ConversionRow[]; floor: string | null }> {
  const values: unknown[] = [lowest, below, look, limit];
  const conditions = [
    ['click_id', '=', query.clickId],
    ['transaction_id', '=', query.transactionId],
    ['goal_id', '=', query.goalId],
    ['offer_id', '=', query.offerId],
    ['affiliate_id', '=', query.affiliateId],
    ['status', '=', query.status],
    ['offer_id', 'any', offerIds],
  ].flatMap(([column, operator, value]) => {
    if (value === undefined || value === null) return [];
    const parameter = `$${values.push(value)}`;
    return [{ column, sql: operator === 'any' ? `${column} = any(${parameter})` : `${column} = ${parameter}` }];
  });
  // A click or a transaction is of few conversions, and its index has no order of ids: all of them are looked at.
  const few = conditions.filter(({ column }) => column === 'click_id' || column === 'transaction_id');
  const leading = few.length > 0 ? conditions : conditions.filter(({ column }) => column !== 'status').slice(0, 1);
  const all = (some: readonly { sql: string }[]) => some.map(({ sql }) => ` and ${sql}`).join('');
  const { rows } = await db.query<ConversionRow & { looked: string; floor: string | null }>(
    `with looked as materialized (
       select id, (true${all(conditions)}) as matches from conversions.conversion
       where id >= $1 and id < $2${all(leading)} order by id desc limit $3
     ), found as (select id from looked where matches order by id desc limit $4)
     select ${conversionColumns('c')}, reach.* from
       (select count(*) as looked, (select id from looked order by id limit 1) as floor from looked) reach
       left join (found join conversions.conversion c using (id)) on true
     order by c.id desc`,
    values,
  );
  const isAll = Number(rows[0]!.looked) < look;
  return { rows: rows.filter(({ id }) => id !== null), floor: isAll ? null : rows[0]!.floor };
}

/** @returns one conversion with its history, oldest first, or null. */
export async function findConversion(db: Queryable, id: string): Promise<ConversionDetail | null> {
  // The conversion first: a change between the two reads then shows in the history only, never the other way round.
  const { rows } = await db.query<ConversionRow>(oneSql, [id]);
  if (rows[0] === undefined) return null;
  const history = await db.query<HistoryRow>(historySql, [id]);
  return {
    ...conversionFromRow(rows[0]),
    history: history.rows.map((row) => ({
      eventId: row.event_id,
      version: row.version,
      status: row.status,
      previousStatus: row.previous_status,
      rejectReason: row.reject_reason,
      revision: Number(row.revision),
      at: row.at.toISOString(),
    })),
  };
}
