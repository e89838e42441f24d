import type { Conversion, ConversionStatus, EventSearch } from '@ringback/contracts';
import { conversionColumns, conversionFromRow, type ConversionRow } from '../ledger/conversion-row.js';
import { conversionCreated, statusChanged } from '../ledger/ledger-events.js';
import type { Queryable } from '../ledger/queryable.js';

/** Bytes of events in one answer: some are 256 KB, and an asker has room for a few thousand of the usual kilobyte. */
const MAX_ANSWER_BYTES = 4 * 1024 * 1024;

const COLUMNS = `${conversionColumns('c')}, h.event_id, h.version as event_version, h.status as event_status,
  h.previous_status as event_previous_status, h.reject_reason as event_reject_reason, h.revision as event_revision, h.at as event_at`;

const bySearchSql = `
select ${COLUMNS}
from unnest($1::uuid[], $2::integer[]) as wanted (conversion_id, version)
join conversions.status_history h on h.conversion_id = wanted.conversion_id and h.version = wanted.version
join conversions.conversion c on c.id = h.conversion_id`;

const byIdSql = `
select ${COLUMNS}
from conversions.status_history h
join conversions.conversion c on c.id = h.conversion_id
where h.event_id = $1`;

interface EventRow extends ConversionRow {
  readonly event_id: string;
  readonly event_version: number;
  readonly event_status: ConversionStatus;
  readonly event_previous_status: ConversionStatus | null;
  readonly event_reject_reason: string | null;
  readonly event_revision: string;
  readonly event_at: Date;
}

/**
 * Events of the ledger, as they were published: a conversion's details never change, its history holds what did. What was erased of a
 * conversion since is missing in them.
 * @returns encoded events in the order of the search, null where there is none; as many of the first as the answer has room for
 */
export async function searchEvents(db: Queryable, { events }: EventSearch): Promise<(Buffer | null)[]> {
  const { rows } = await db.query<EventRow>(bySearchSql, [
    events.map(({ conversionId }) => conversionId),
    events.map(({ version }) => version),
  ]);
  const found = new Map(rows.map((row) => [`${row.id} ${row.event_version}`, row]));
  const items: (Buffer | null)[] = [];
  let bytes = 0;
  for (const { conversionId, version } of events) {
    const row = found.get(`${conversionId} ${version}`);
    const event = row === undefined ? null : rebuilt(row);
    bytes += event?.byteLength ?? 0;
    if (items.length > 0 && bytes > MAX_ANSWER_BYTES) break;
    items.push(event);
  }
  return items;
}

/** @returns one event by its id, encoded as it was published; null when there is none. */
export async function findEvent(db: Queryable, eventId: string): Promise<Buffer | null> {
  const { rows } = await db.query<EventRow>(byIdSql, [eventId]);
  return rows[0] === undefined ? null : rebuilt(rows[0]);
}

function rebuilt(row: EventRow): Buffer {
  const conversion: Conversion = {
    ...conversionFromRow(row),
    version: row.event_version,
    status: row.event_status,
    rejectReason: row.event_reject_reason,
    statusAt: row.event_at.toISOString(),
  };
  const revision = Number(row.event_revision);
  return row.event_previous_status === null
    ? conversionCreated(row.event_id, revision, conversion)
    : statusChanged(row.event_id, revision, conversion, row.event_previous_status);
}
