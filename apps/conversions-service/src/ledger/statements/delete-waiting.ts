import type pg from 'pg';

/** Locked in the order of `seq`, as all who delete them do. */
const sql = `
delete from conversions.waiting_command
where seq in (select seq from conversions.waiting_command where seq = any($1::bigint[]) order by seq for update)`;

/** @returns how many were deleted: fewer when another transaction has answered some meanwhile. */
export async function deleteWaiting(client: pg.ClientBase, seqs: readonly number[]): Promise<number> {
  const { rowCount } = await client.query({ name: 'delete-waiting', text: sql, values: [seqs] });
  return rowCount ?? 0;
}
