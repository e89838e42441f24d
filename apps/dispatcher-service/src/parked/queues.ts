import type pg from 'pg';

const REFRESH_QUEUE = `
  update dispatcher.parked_queue set held_until = '-infinity', destination = coalesce($2, destination)
  where callback_id = $1 and (held_until > '-infinity' or destination <> coalesce($2, destination))`;

/** A callback was changed: what waits for it need not wait for the next look, and goes where the callback goes now (null: as it was). */
export async function refreshQueue(pool: pg.Pool, callbackId: number, destination: string | null): Promise<void> {
  await pool.query(REFRESH_QUEUE, [callbackId, destination]);
}

const NEXT_DUE = `
  select extract(epoch from next_due_at)::float8 * 1000 as due_at_ms from dispatcher.parked_queue
  where next_due_at > to_timestamp($1::float8 / 1000) and next_due_at < 'infinity'
  order by next_due_at limit 1`;

/** @returns when the next callback has something due, after `nowMs`; null when none has. */
export async function nextDueAt(pool: pg.Pool, nowMs: number): Promise<number | null> {
  const { rows } = await pool.query<{ due_at_ms: number }>({ name: 'next-due', text: NEXT_DUE, values: [nowMs] });
  return rows[0]?.due_at_ms ?? null;
}

const FORGET_EMPTY_QUEUES = `
  delete from dispatcher.parked_queue as queue
  where next_due_at = 'infinity' and not exists (select from dispatcher.parked where parked.callback_id = queue.callback_id)`;

/** Drops the queues of callbacks that have nothing parked. One that gets something meanwhile is locked, looked at again, and stays. */
export async function forgetEmptyQueues(pool: pg.Pool): Promise<void> {
  await pool.query(FORGET_EMPTY_QUEUES);
}
