import type { Queryable } from '../queryable.js';

const sql = `
delete from conversions.idempotency_key
where (source, key) in (
  select source, key from conversions.idempotency_key where created_at < $1 order by created_at limit $2 for update skip locked
)`;

/** @returns how many keys, of those made before, were deleted: at most `limit`. */
export async function deleteExpiredKeys(db: Queryable, beforeMs: number, limit: number): Promise<number> {
  const { rowCount } = await db.query({ name: 'delete-expired-keys', text: sql, values: [new Date(beforeMs).toISOString(), limit] });
  return rowCount ?? 0;
}
