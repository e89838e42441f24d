import type { Queryable } from '../queryable.js';

/**
 * A conversion is no older than its id, and may have changed long after: so candidates are looked at in the order of ids, some at a time,
 * and those that changed since stay.
 */
const sql = `
with looked_at as materialized (
  select id, status_at from conversions.conversion where id > $1 and id < $2 order by id limit $4
), old as materialized (
  select id from conversions.conversion
  where id = any(array(select id from looked_at where status_at < $3)) and status_at < $3
  for update skip locked
), deleted as (
  delete from conversions.conversion where id = any(array(select id from old)) returning id
), history as (
  delete from conversions.status_history where conversion_id = any(array(select id from old))
)
select (select count(*) from deleted)::integer as deleted, (select id from looked_at order by id desc limit 1) as last,
  (select count(*) from looked_at)::integer as looked_at`;

export interface DeletedConversions {
  readonly deleted: number;
  /** Where the next look begins; null when all were looked at. */
  readonly last: string | null;
}

/**
 * Deletes conversions, with their history, whose last change was before `changedBeforeMs`, among the next `limit` after the id `after`.
 * @param below the smallest id that is too young in any case
 */
export async function deleteOldConversions(
  db: Queryable,
  { after, below, changedBeforeMs, limit }: { after: string; below: string; changedBeforeMs: number; limit: number },
): Promise<DeletedConversions> {
  const { rows } = await db.query<{ deleted: number; last: string | null; looked_at: number }>({
    name: 'delete-old-conversions',
    text: sql,
    values: [after, below, new Date(changedBeforeMs).toISOString(), limit],
  });
  const { deleted, last, looked_at } = rows[0]!;
  return { deleted, last: looked_at === limit ? last : null };
}
