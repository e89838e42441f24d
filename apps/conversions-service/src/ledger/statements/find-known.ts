import type { ChangeStatus, ConversionStatus } from '@ringback/contracts';
import { int4Array, textArray } from '@ringback/postgres-arrays';
import type { Queryable } from '../queryable.js';
import { conversionColumns, conversionFromRow, type ConversionRow } from '../conversion-row.js';
import type { IdempotencyKey, KnownLedger } from '../known-ledger.js';

export interface TransactionName {
  readonly offerId: number;
  readonly transactionId: string;
}

const firstStatus = 'first.status as first_status, first.reject_reason as first_reject_reason';

const sql = `
select held.source, held.key, held.request, ${conversionColumns('c')}, ${firstStatus}
from unnest($1::text[], $2::text[]) as asked (source, key)
join conversions.idempotency_key held using (source, key)
join conversions.conversion c on c.id = held.conversion_id
join conversions.status_history first on first.conversion_id = c.id and first.version = 1
union all
select null, null, null, ${conversionColumns('c')}, ${firstStatus}
from unnest($3::integer[], $4::text[]) as asked (offer_id, transaction_id)
join conversions.conversion c using (offer_id, transaction_id)
join conversions.status_history first on first.conversion_id = c.id and first.version = 1
where c.transaction_id is not null`;

interface KnownRow extends ConversionRow {
  readonly source: string | null;
  readonly key: string | null;
  readonly request: ChangeStatus['data'] | null;
  readonly first_status: ConversionStatus;
  readonly first_reject_reason: string | null;
}

/** Reads which of the keys and transactions are taken, and by which conversions, into `known`. */
export async function findKnown(
  db: Queryable,
  known: KnownLedger,
  keys: readonly IdempotencyKey[],
  transactions: readonly TransactionName[],
): Promise<void> {
  if (keys.length + transactions.length === 0) return;
  const { rows } = await db.query<KnownRow>({
    name: 'find-known',
    text: sql,
    values: [
      textArray(keys.map(({ source }) => source)),
      textArray(keys.map(({ key }) => key)),
      int4Array(transactions.map(({ offerId }) => offerId)),
      textArray(transactions.map(({ transactionId }) => transactionId)),
    ],
  });
  for (const row of rows) {
    known.put({ conversion: conversionFromRow(row), first: { status: row.first_status, rejectReason: row.first_reject_reason } });
    if (row.source === null || row.key === null) continue;
    const held =
      row.request === null ? ({ use: 'record', conversionId: row.id } as const) : ({ use: 'change', request: row.request } as const);
    known.hold({ source: row.source, key: row.key }, held);
  }
}
