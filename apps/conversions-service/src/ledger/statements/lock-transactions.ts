import { int4Array, textArray } from '@ringback/postgres-arrays';
import type pg from 'pg';
import type { TransactionName } from './find-known.js';

/** In the order of ids, as `lock-conversions`. */
const sql = `
select c.id
from unnest($1::integer[], $2::text[]) as asked (offer_id, transaction_id)
join conversions.conversion c using (offer_id, transaction_id)
where c.transaction_id is not null
order by c.id
for update of c`;

/** Locks the conversions of these transactions, those that are there, until the end of the transaction. */
export async function lockTransactions(client: pg.ClientBase, transactions: readonly TransactionName[]): Promise<void> {
  if (transactions.length === 0) return;
  const values = [int4Array(transactions.map(({ offerId }) => offerId)), textArray(transactions.map(({ transactionId }) => transactionId))];
  await client.query({ name: 'lock-transactions', text: sql, values });
}
