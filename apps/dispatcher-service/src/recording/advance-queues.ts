import type pg from 'pg';
import type { Delivery } from '../delivery/delivery.js';

const ADVANCE_QUEUES = `
  insert into dispatcher.parked_queue (callback_id, destination, affiliate_id, next_due_at)
  select callback_id, destination, affiliate_id, to_timestamp(due_at / 1000)
  from unnest($1::integer[], $2::text[], $3::integer[], $4::float8[]) as due (callback_id, destination, affiliate_id, due_at)
  order by callback_id
  on conflict (callback_id) do update
  set next_due_at = least(parked_queue.next_due_at, excluded.next_due_at), destination = excluded.destination,
    affiliate_id = excluded.affiliate_id`;

/** The callbacks whose deliveries may have waited for one of these conversions' earlier ones. */
const FIND_SUCCESSORS = `
  select distinct on (callback_id) callback_id, destination, affiliate_id
  from dispatcher.parked where ordered and conversion_id = any($1::uuid[]) and leased_until is null`;

export interface QueueAdvance {
  readonly callbackId: number;
  readonly destination: string;
  readonly affiliateId: number;
  readonly dueAtMs: number;
}

/** Tells the queues of callbacks when something of theirs is due. Rows are locked in the order of their keys. */
export async function advanceQueues(client: pg.ClientBase, advances: readonly QueueAdvance[]): Promise<void> {
  if (advances.length === 0) return;
  const earliest = new Map<number, QueueAdvance>();
  for (const advance of advances) {
    const known = earliest.get(advance.callbackId);
    if (known === undefined || advance.dueAtMs < known.dueAtMs) earliest.set(advance.callbackId, advance);
  }
  const rows = [...earliest.values()];
  await client.query({
    name: 'advance-queues',
    text: ADVANCE_QUEUES,
    values: [
      rows.map(({ callbackId }) => callbackId),
      rows.map(({ destination }) => destination),
      rows.map(({ affiliateId }) => affiliateId),
      rows.map(({ dueAtMs }) => dueAtMs),
    ],
  });
}

/**
 * What an ordered delivery that has ended held back may go now.
 * @returns the queues to be looked at again
 */
export async function findSuccessors(client: pg.ClientBase, ended: readonly Delivery[], nowMs: number): Promise<QueueAdvance[]> {
  const conversions = ended.filter(({ isOrdered }) => isOrdered).map(({ event }) => event.event.data.conversion.id);
  if (conversions.length === 0) return [];
  const { rows } = await client.query<{ callback_id: number; destination: string; affiliate_id: number }>({
    name: 'find-successors',
    text: FIND_SUCCESSORS,
    values: [conversions],
  });
  return rows.map((row) => ({ callbackId: row.callback_id, destination: row.destination, affiliateId: row.affiliate_id, dueAtMs: nowMs }));
}
