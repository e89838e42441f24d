import { int4Array, textArray, timestamptzArray, uuidArray } from '@ringback/postgres-arrays';
import type pg from 'pg';
import type { LedgerWrites } from '../ledger-writes.js';
import { historyValues } from './history-values.js';

const sql = `
with changed as (
  update conversions.conversion c
  set status = row.status, reject_reason = row.reject_reason, version = row.version, status_at = row.status_at
  from unnest($1::uuid[], $2::text[], $3::text[], $4::integer[], $5::timestamptz[]) as row (id, status, reject_reason, version, status_at)
  where c.id = row.id
)
insert into conversions.status_history (conversion_id, version, event_id, status, previous_status, reject_reason, revision, at)
select *
from unnest($6::uuid[], $7::integer[], $8::uuid[], $9::text[], $10::text[], $11::text[], $12::bigint[], $13::timestamptz[])`;

/** Writes the new status of conversions that this transaction has locked, and their history. */
export async function updateChanged(client: pg.ClientBase, { changed, changedHistory: history }: LedgerWrites): Promise<void> {
  await client.query({
    name: 'update-changed',
    text: sql,
    values: [
      uuidArray(changed.map(({ id }) => id)),
      textArray(changed.map(({ status }) => status)),
      textArray(changed.map(({ rejectReason }) => rejectReason)),
      int4Array(changed.map(({ version }) => version)),
      timestamptzArray(changed.map(({ statusAt }) => Date.parse(statusAt))),
      ...historyValues(history),
    ],
  });
}
