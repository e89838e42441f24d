import type pg from 'pg';
import type { LedgerWrites } from '../ledger-writes.js';

/** `ordinality` keeps their order: `seq` is drawn in the order of the input. */
const sql = `
insert into conversions.waiting_command (source, command_id, offer_id, transaction_id, status, reject_reason, expires_at)
select source, command_id, offer_id, transaction_id, status, reject_reason, expires_at
from unnest($1::text[], $2::text[], $3::integer[], $4::text[], $5::text[], $6::text[], $7::timestamptz[])
  with ordinality as row (source, command_id, offer_id, transaction_id, status, reject_reason, expires_at, position)
order by position
on conflict do nothing`;

/** @returns how many were inserted: one whose key waits already is left out. */
export async function insertWaiting(client: pg.ClientBase, waiting: LedgerWrites['newWaiting']): Promise<number> {
  const { rowCount } = await client.query({
    name: 'insert-waiting',
    text: sql,
    values: [
      waiting.map(({ source }) => source),
      waiting.map(({ commandId }) => commandId),
      waiting.map(({ request }) => request.offerId),
      waiting.map(({ request }) => request.transactionId),
      waiting.map(({ request }) => request.status),
      waiting.map(({ request }) => request.rejectReason ?? null),
      waiting.map(({ expiresAtMs }) => new Date(expiresAtMs).toISOString()),
    ],
  });
  return rowCount ?? 0;
}
