import type pg from 'pg';
import { advanceQueues } from '../recording/advance-queues.js';

/** What is held is due when it expires: no claim looks at it, and nothing has to be put back in its place. */
const IS_HELD = `due_at > expires_at - interval '1 second'`;

const HOLD = `
  update dispatcher.parked set due_at = expires_at where redelivery_id = $1 and leased_until is null and not (${IS_HELD})`;

const RELEASE = `
  with released as (
    update dispatcher.parked set due_at = to_timestamp($2::float8 / 1000)
    where redelivery_id = $1 and leased_until is null and ${IS_HELD} and expires_at > to_timestamp($2::float8 / 1000)
    returning callback_id, affiliate_id, destination)
  select callback_id, min(affiliate_id) as affiliate_id, coalesce(min(destination), '') as destination
  from released group by callback_id`;

/** What is claimed is passed over, not waited for: its owner hears of the cancellation before it sends. */
const WITHDRAW = `
  with taken as (
    delete from dispatcher.parked
    where id in (select id from dispatcher.parked where redelivery_id = $1 and leased_until is null for update skip locked)
    returning 1)
  insert into dispatcher.redelivery_count (redelivery_id, outcome, count)
  select $1, 'withdrawn', count(*) from taken having count(*) > 0`;

/** Keeps back what of a redelivery is parked and not claimed. */
export async function holdRows(client: pg.ClientBase | pg.Pool, redeliveryId: string): Promise<void> {
  await client.query({ name: 'hold-redelivery', text: HOLD, values: [redeliveryId] });
}

/** Lets go what was kept back. Inside the caller's transaction. */
export async function releaseRows(client: pg.ClientBase, redeliveryId: string, nowMs: number): Promise<void> {
  const { rows } = await client.query<{ callback_id: number; affiliate_id: number; destination: string }>({
    name: 'release-redelivery',
    text: RELEASE,
    values: [redeliveryId, nowMs],
  });
  await advanceQueues(
    client,
    rows.map((row) => ({ callbackId: row.callback_id, affiliateId: row.affiliate_id, destination: row.destination, dueAtMs: nowMs })),
  );
}

/** Takes back what of a redelivery is parked and not claimed: in the log it stands as before. */
export async function withdrawRows(client: pg.ClientBase | pg.Pool, redeliveryId: string): Promise<void> {
  await client.query({ name: 'withdraw-redelivery', text: WITHDRAW, values: [redeliveryId] });
}
