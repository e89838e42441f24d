import { uuidArray } from '@ringback/postgres-arrays';
import type pg from 'pg';
import type { ConversionStatus } from '@ringback/contracts';
import { conversionColumns, conversionFromRow, type ConversionRow } from '../conversion-row.js';
import type { KnownLedger } from '../known-ledger.js';

/** In the order of ids, as all who lock conversions do, so that none waits for another in a circle. */
const sql = `
select ${conversionColumns('c')}, first.status as first_status, first.reject_reason as first_reject_reason
from conversions.conversion c
join conversions.status_history first on first.conversion_id = c.id and first.version = 1
where c.id = any($1::uuid[])
order by c.id
for update of c`;

interface LockedRow extends ConversionRow {
  readonly first_status: ConversionStatus;
  readonly first_reject_reason: string | null;
}

/** Locks conversions until the end of the transaction and reads them, as they are then, into `known`. */
export async function lockConversions(client: pg.ClientBase, known: KnownLedger, ids: readonly string[]): Promise<void> {
  const { rows } = await client.query<LockedRow>({ name: 'lock-conversions', text: sql, values: [uuidArray(ids)] });
  for (const row of rows)
    known.put({ conversion: conversionFromRow(row), first: { status: row.first_status, rejectReason: row.first_reject_reason } });
}
