import { decodeCursor, encodeCursor, type ConversionEvents, type ConversionStatus } from '@ringback/contracts';
import { problem } from '@ringback/service-runtime';
import { z } from 'zod';
import type { Queryable } from '../ledger/queryable.js';

const cursorSchema = z.strictObject({ after: z.int().min(1) });

const conversionSql = `
select offer_id, affiliate_id, goal_id from conversions.conversion
where id = $1 and ($2::integer[] is null or offer_id = any($2))`;

const eventsSql = `
select event_id, version, status, previous_status, reject_reason, revision, at
from conversions.status_history
where conversion_id = $1 and version > $2
order by version
limit $3`;

/**
 * Read after the history: an event stands in both or, once Kafka has acknowledged it, in the history alone. No index serves it: an outbox
 * is all but empty, and an index would cost every recording.
 */
const unpublishedSql = `
select convert_from(value, 'UTF8')::json ->> 'id' as event_id, set_aside_at is not null as is_set_aside
from conversions.outbox
where key = $1 and value is not null`;

interface EventRow {
  readonly event_id: string;
  readonly version: number;
  readonly status: ConversionStatus;
  readonly previous_status: ConversionStatus | null;
  readonly reject_reason: string | null;
  readonly revision: string;
  readonly at: Date;
}

/**
 * @param offerIds the offers that the caller may see; null: all
 * @returns a page of the events of a conversion, oldest first, and how far each is on its way to Kafka; null when there is no such conversion
 * @throws {ProblemError} 422 naming a cursor that no page handed out
 */
export async function listConversionEvents(
  db: Queryable,
  id: string,
  offerIds: readonly number[] | null,
  { limit, cursor }: { limit: number; cursor?: string | undefined },
): Promise<ConversionEvents | null> {
  const position = cursor === undefined ? { after: 0 } : decodeCursor(cursor, cursorSchema);
  if (position === null) throw problem.unprocessable([{ path: 'cursor', message: 'is not one that a page handed out: begin without it' }]);
  const found = await db.query<{ offer_id: number; affiliate_id: number; goal_id: number | null }>(conversionSql, [id, offerIds]);
  const [conversion] = found.rows;
  if (conversion === undefined) return null;
  const { rows } = await db.query<EventRow>(eventsSql, [id, position.after, limit + 1]);
  const unpublished = await db.query<{ event_id: string; is_set_aside: boolean }>(unpublishedSql, [id]);
  const setAside = new Map(unpublished.rows.map((row) => [row.event_id, row.is_set_aside]));
  const items = rows.slice(0, limit).map((row) => ({
    eventId: row.event_id,
    version: row.version,
    status: row.status,
    previousStatus: row.previous_status,
    rejectReason: row.reject_reason,
    revision: Number(row.revision),
    at: row.at.toISOString(),
    publication: publicationOf(setAside.get(row.event_id)),
  }));
  return {
    conversionId: id,
    offerId: conversion.offer_id,
    affiliateId: conversion.affiliate_id,
    goalId: conversion.goal_id,
    items,
    nextCursor: rows.length > limit ? encodeCursor({ after: items.at(-1)!.version }) : null,
  };
}

function publicationOf(isSetAside: boolean | undefined): 'published' | 'waiting' | 'setAside' {
  if (isSetAside === undefined) return 'published';
  return isSetAside ? 'setAside' : 'waiting';
}
