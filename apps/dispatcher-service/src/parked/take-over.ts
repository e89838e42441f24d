import type pg from 'pg';

/**
 * Frees the deliveries whose lease has run out (their process died), and says when something is due next: one statement, since it is
 * what an idle dispatcher asks all day. What it freed itself is not in its own snapshot of the queues, so the number tells. Nothing else
 * touches a leased row but its owner.
 */
const TAKE_OVER = `
  with run_out as materialized (
    select id from dispatcher.parked where leased_until < now() and $1 order by id limit 1000 for update skip locked),
  freed as (
    update dispatcher.parked set lease_token = null, leased_until = null
    from run_out where parked.id = run_out.id
    returning parked.callback_id, parked.destination, parked.due_at),
  queued as (
    insert into dispatcher.parked_queue (callback_id, destination, next_due_at)
    select callback_id, coalesce(min(destination), ''), min(due_at) from freed group by callback_id order by callback_id
    on conflict (callback_id) do update set next_due_at = least(parked_queue.next_due_at, excluded.next_due_at)
    returning 1)
  select (select count(*) from freed)::integer as freed, (select count(*) from queued)::integer as queued,
    (select extract(epoch from min(greatest(next_due_at, held_until)))::float8 * 1000
     from dispatcher.parked_queue where next_due_at < 'infinity') as next_due_at_ms`;

/**
 * @param mayFree false to look only: right after an outage, when owners who are alive still write what came of their requests
 * @returns how many deliveries were freed, and when the next one is due by the dispatchers' clock; null when none is
 */
export async function takeOver(pool: pg.Pool, mayFree: boolean): Promise<{ freed: number; nextDueAtMs: number | null }> {
  const { rows } = await pool.query<{ freed: number; next_due_at_ms: number | null }>({
    name: 'take-over',
    text: TAKE_OVER,
    values: [mayFree],
  });
  return { freed: rows[0]!.freed, nextDueAtMs: rows[0]!.next_due_at_ms };
}

const RELEASE_QUEUE = `update dispatcher.parked_queue set held_until = '-infinity' where callback_id = $1 and held_until > '-infinity'`;

/** A callback was enabled: what waits for it need not wait for the next look. */
export async function releaseQueue(pool: pg.Pool, callbackId: number): Promise<void> {
  await pool.query(RELEASE_QUEUE, [callbackId]);
}

const FORGET_EMPTY_QUEUES = `
  delete from dispatcher.parked_queue as queue
  where next_due_at = 'infinity' and not exists (select from dispatcher.parked where parked.callback_id = queue.callback_id)`;

/** Drops the queues of callbacks that have nothing parked. One that gets something meanwhile is locked, looked at again, and stays. */
export async function forgetEmptyQueues(pool: pg.Pool): Promise<void> {
  await pool.query(FORGET_EMPTY_QUEUES);
}
