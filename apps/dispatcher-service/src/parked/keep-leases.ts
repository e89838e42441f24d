import type pg from 'pg';
import type { Delivery } from '../delivery/delivery.js';

/** For so long from now, in ms: several looks, in each of which it is prolonged again. */
const KEPT_FOR_MS = 15_000;

/** A row that is locked is being recorded at this moment. */
const KEEP = `
  with ours as materialized (
    select parked.id from unnest($1::uuid[], $2::uuid[]) as kept (id, lease_token)
      join dispatcher.parked on parked.id = kept.id and parked.lease_token = kept.lease_token
    for update of parked skip locked)
  update dispatcher.parked set leased_until = now() + $3::float8 * interval '1 millisecond'
  from ours where parked.id = ours.id`;

/**
 * Prolongs the leases of deliveries whose requests have ended while what came of them still waits to be recorded: a lease that ran out
 * meanwhile would have somebody send them again, although their owner is alive and knows better.
 * @param inHand all that the process has in hand
 */
export async function keepLeases(pool: pg.Pool, inHand: Iterable<Delivery>, monotonicMs: number): Promise<void> {
  const ids: string[] = [];
  const tokens: string[] = [];
  for (const { id, lease, outcome } of inHand) {
    if (lease === null || outcome === null || lease.endsAt - monotonicMs > KEPT_FOR_MS) continue;
    ids.push(id);
    tokens.push(lease.token);
  }
  if (ids.length > 0) await pool.query({ name: 'keep-leases', text: KEEP, values: [ids, tokens, KEPT_FOR_MS] });
}
