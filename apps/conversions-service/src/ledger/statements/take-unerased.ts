import type pg from 'pg';

/** The one row is locked: one process at a time goes on from here, in the order of ids, which is that of time. */
const progressSql = 'select erased_through from conversions.erasure_progress for update skip locked';

const sql = `
select id, erased_at is not null as is_erased
from conversions.conversion
where id > $1 and id < $2
order by id
limit $3
for update`;

const moveSql = 'update conversions.erasure_progress set erased_through = $1';

export interface UnerasedBatch {
  readonly ids: readonly string[];
  /** There may be more. */
  readonly isFull: boolean;
}

/**
 * Locks the next conversions to be erased by age, and records that they were taken, inside the caller's transaction.
 * @param below the smallest id that is not old enough
 */
export async function takeUnerased(client: pg.ClientBase, below: string, limit: number): Promise<UnerasedBatch> {
  const progress = await client.query<{ erased_through: string }>(progressSql);
  const [from] = progress.rows;
  if (from === undefined) return { ids: [], isFull: false };
  const { rows } = await client.query<{ id: string; is_erased: boolean }>(sql, [from.erased_through, below, limit]);
  const last = rows.at(-1);
  if (last !== undefined) await client.query(moveSql, [last.id]);
  return { ids: rows.filter(({ is_erased }) => !is_erased).map(({ id }) => id), isFull: rows.length === limit };
}
