import type { Queryable } from '../queryable.js';

const sql = 'select exists (select from conversions.waiting_command) as any';

/** @returns whether any command waits for its conversion. */
export async function anyWaiting(db: Queryable): Promise<boolean> {
  const { rows } = await db.query<{ any: boolean }>({ name: 'any-waiting', text: sql });
  return rows[0]!.any;
}
