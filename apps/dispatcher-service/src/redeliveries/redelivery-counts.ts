import type pg from 'pg';

const APPEND = `
  insert into dispatcher.redelivery_count (redelivery_id, outcome, count)
  select $1, outcome, count from unnest($2::text[], $3::integer[]) as counted (outcome, count) where count <> 0`;

const SUM_UP = `
  with summed as (delete from dispatcher.redelivery_count where redelivery_id = $1 returning outcome, count)
  insert into dispatcher.redelivery_count (redelivery_id, outcome, count)
  select $1, outcome, sum(count) from summed group by outcome`;

/** Counts, inside the caller's transaction. Nobody waits for anybody: counts are appended. */
export async function appendCounts(client: pg.ClientBase, redeliveryId: string, counts: ReadonlyMap<string, number>): Promise<void> {
  await client.query({ name: 'append-counts', text: APPEND, values: [redeliveryId, [...counts.keys()], [...counts.values()]] });
}

/** Makes the counts few again. One statement, so whoever reads meanwhile sees all of them once. */
export async function sumUpCounts(pool: pg.Pool, redeliveryId: string): Promise<void> {
  await pool.query({ name: 'sum-up-counts', text: SUM_UP, values: [redeliveryId] });
}
