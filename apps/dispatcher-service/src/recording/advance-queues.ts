import type pg from 'pg';

const ADVANCE_QUEUES = `
  insert into dispatcher.parked_queue (callback_id, destination, next_due_at)
  select callback_id, destination, to_timestamp(due_at / 1000)
  from unnest($1::integer[], $2::text[], $3::float8[]) as due (callback_id, destination, due_at)
  order by callback_id
  on conflict (callback_id) do update
  set next_due_at = least(parked_queue.next_due_at, excluded.next_due_at), destination = excluded.destination`;

export interface QueueAdvance {
  readonly callbackId: number;
  readonly destination: string;
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
    values: [rows.map(({ callbackId }) => callbackId), rows.map(({ destination }) => destination), rows.map(({ dueAtMs }) => dueAtMs)],
  });
}
