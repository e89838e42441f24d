import { PERSONAL_FIELDS } from '@ringback/callbacks';
import type pg from 'pg';

/**
 * The personal fields are left out of `detail`; whoever is erased already stays so. `json` has no operator for that, `jsonb` would sort the
 * other fields, which nobody sees.
 */
const sql = `
update conversions.conversion
set detail = (detail::jsonb - $3::text[])::json, erased_at = $2
where id = any($1::uuid[]) and erased_at is null
returning id`;

/** Erases the personal fields of conversions that this transaction has locked. @returns those of them that were not erased before. */
export async function eraseDetails(client: pg.ClientBase, ids: readonly string[], erasedAt: string): Promise<string[]> {
  const { rows } = await client.query<{ id: string }>({
    name: 'erase-details',
    text: sql,
    values: [ids, erasedAt, PERSONAL_FIELDS],
  });
  return rows.map(({ id }) => id);
}
