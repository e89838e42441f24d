import type { ConversionStatus } from '@ringback/contracts';
import type { IdempotencyKey, KnownLedger, WaitingCommand } from '../known-ledger.js';
import type { Queryable } from '../queryable.js';
import type { TransactionName } from './find-known.js';

/** Two index look-ups and a union: an `or` of both would scan the table. */
const sql = `
select seq, source, command_id, offer_id, transaction_id, status, reject_reason, expires_at
from conversions.waiting_command
where seq in (
  select seq
  from unnest($1::integer[], $2::text[]) as asked (offer_id, transaction_id)
  join conversions.waiting_command using (offer_id, transaction_id)
  union
  select seq
  from unnest($3::text[], $4::text[]) as asked (source, command_id)
  join conversions.waiting_command using (source, command_id)
)
order by seq`;

export interface WaitingRow {
  readonly seq: string;
  readonly source: string;
  readonly command_id: string;
  readonly offer_id: number;
  readonly transaction_id: string;
  readonly status: ConversionStatus;
  readonly reject_reason: string | null;
  readonly expires_at: Date;
}

export function waitingFromRow(row: WaitingRow): WaitingCommand {
  return {
    seq: Number(row.seq),
    source: row.source,
    commandId: row.command_id,
    request: {
      offerId: row.offer_id,
      transactionId: row.transaction_id,
      status: row.status,
      ...(row.reject_reason === null ? {} : { rejectReason: row.reject_reason }),
    },
    expiresAtMs: row.expires_at.getTime(),
  };
}

/** Reads the commands that wait for these transactions, or hold these keys, into `known`. */
export async function findWaiting(
  db: Queryable,
  known: KnownLedger,
  transactions: readonly TransactionName[],
  keys: readonly IdempotencyKey[],
): Promise<void> {
  if (keys.length + transactions.length === 0) return;
  const { rows } = await db.query<WaitingRow>({
    name: 'find-waiting',
    text: sql,
    values: [
      transactions.map(({ offerId }) => offerId),
      transactions.map(({ transactionId }) => transactionId),
      keys.map(({ source }) => source),
      keys.map(({ key }) => key),
    ],
  });
  for (const row of rows) known.addWaiting(waitingFromRow(row));
}
