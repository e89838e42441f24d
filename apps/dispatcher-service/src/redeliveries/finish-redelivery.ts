import type pg from 'pg';
import type { AskedAt } from './judge-candidate.js';
import { FOUND_OUTCOMES } from './redelivery-row.js';

/** Nothing of it is left to be sent: what has been found by now is what there was. */
const FINISH = `
  update dispatcher.redelivery as job
  set finished_at = to_timestamp($2::float8 / 1000), waits_for = null, owner = null,
    state = case when state = 'running' then 'completed' else state end,
    total = case when is_searched
      then (select coalesce(sum(count), 0) from dispatcher.redelivery_count where redelivery_id = job.id and outcome = any($3::text[]))
      else total end,
    total_is_exact = total_is_exact or is_searched
  where id = $1 and finished_at is null and (state = 'cancelled' or (state = 'running' and is_searched))
    and not exists (select from dispatcher.parked where redelivery_id = job.id)`;

/** As long as the log keeps what it sent. */
const FORGET = `
  with forgotten as (
    delete from dispatcher.redelivery where finished_at < to_timestamp($1::float8 / 1000) - $2::integer * interval '1 day' returning id)
  delete from dispatcher.redelivery_count using forgotten where redelivery_id = forgotten.id`;

/** Ends a redelivery of which nothing is left. @returns whether that is so */
export async function finishRedelivery(client: pg.ClientBase | pg.Pool, redeliveryId: string, nowMs: number): Promise<boolean> {
  const { rowCount } = await client.query({ name: 'finish-redelivery', text: FINISH, values: [redeliveryId, nowMs, FOUND_OUTCOMES] });
  return rowCount === 1;
}

/** Drops redeliveries that ended longer ago than the log is kept. */
export async function forgetOldRedeliveries(pool: pg.Pool, { nowMs, retentionDays }: AskedAt): Promise<void> {
  await pool.query(FORGET, [nowMs, retentionDays]);
}
