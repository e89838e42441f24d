import type { WaitingCommand } from '../known-ledger.js';
import type { Queryable } from '../queryable.js';
import { waitingFromRow, type WaitingRow } from './find-waiting.js';

const sql = `
select w.seq, w.source, w.command_id, w.offer_id, w.transaction_id, w.status, w.reject_reason, w.expires_at
from conversions.waiting_command w
where w.expires_at <= $1
   or exists (select from conversions.conversion c where c.offer_id = w.offer_id and c.transaction_id = w.transaction_id)
order by w.seq
limit $2`;

/** @returns waiting commands whose time is up or whose conversion is there, first come first. */
export async function findRipeWaiting(db: Queryable, nowMs: number, limit: number): Promise<WaitingCommand[]> {
  const values = [new Date(nowMs).toISOString(), limit];
  const { rows } = await db.query<WaitingRow>({ name: 'find-ripe-waiting', text: sql, values });
  return rows.map(waitingFromRow);
}
