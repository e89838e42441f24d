import {
  decodeCursor,
  encodeCursor,
  uuidSchema,
  type Conversion,
  type ConversionDetail,
  type ConversionListQuery,
  type ConversionStatus,
  type Page,
} from '@ringback/contracts';
import { problem } from '@ringback/service-runtime';
import { z } from 'zod';
import { conversionColumns, conversionFromRow, type ConversionRow } from '../ledger/conversion-row.js';
import type { Queryable } from '../ledger/queryable.js';
import { uuidV7Floor } from '../ledger/uuid-v7-source.js';

const cursorSchema = z.strictObject({ id: uuidSchema });

/** Filters that are null do not count: the planner sees the values and folds them away. Ids carry the time they were made, in ms. */
const listSql = `
select ${conversionColumns('c')}
from conversions.conversion c
where ($1::uuid is null or c.id < $1)
  and ($2::integer is null or c.offer_id = $2)
  and ($3::integer is null or c.affiliate_id = $3)
  and ($4::integer is null or c.goal_id = $4)
  and ($5::text is null or c.status = $5)
  and ($6::text is null or c.transaction_id = $6)
  and ($7::text is null or c.click_id = $7)
  and ($8::uuid is null or c.id >= $8)
  and ($9::uuid is null or c.id < $9)
  and ($11::integer[] is null or c.offer_id = any($11))
order by c.id desc
limit $10`;

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
 * A page of conversions, newest first. `from` is included, `to` is not; both are of `createdAt`.
 * @param offerIds only of these; null: of all
 * @throws {ProblemError} 422 naming a cursor that no list handed out
 */
export async function listConversions(
  db: Queryable,
  query: ConversionListQuery,
  offerIds: readonly number[] | null,
): Promise<Page<Conversion>> {
  const before = query.cursor === undefined ? null : decodeCursor(query.cursor, cursorSchema);
  if (query.cursor !== undefined && before === null)
    throw problem.unprocessable([{ path: 'cursor', message: 'is not a cursor of this list: leave it out to begin anew' }]);
  const { rows } = await db.query<ConversionRow>(listSql, [
    before?.id ?? null,
    query.offerId ?? null,
    query.affiliateId ?? null,
    query.goalId ?? null,
    query.status ?? null,
    query.transactionId ?? null,
    query.clickId ?? null,
    query.from === undefined ? null : uuidV7Floor(Date.parse(query.from)),
    query.to === undefined ? null : uuidV7Floor(Date.parse(query.to)),
    query.limit + 1,
    offerIds,
  ]);
  const items = rows.slice(0, query.limit).map(conversionFromRow);
  const last = items.at(-1);
  return { items, nextCursor: rows.length > query.limit && last !== undefined ? encodeCursor({ id: last.id }) : null };
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
