import type pg from 'pg';
import type { Delivery } from '../delivery/delivery.js';
import { textOf } from './storable-text.js';

const DELETE_PARKED = `
  delete from dispatcher.parked
  using unnest($1::uuid[], $2::uuid[]) as ours (id, lease_token)
  where parked.id = ours.id and parked.lease_token = ours.lease_token
  returning parked.id`;

const RESCHEDULE_PARKED = `
  update dispatcher.parked
  set lease_token = null, leased_until = null, due_at = to_timestamp(ours.due_at / 1000), attempts = ours.attempts,
    http_status = ours.http_status, error = coalesce(ours.error, parked.error), destination = ours.destination
  from unnest($1::uuid[], $2::uuid[], $3::float8[], $4::smallint[], $5::smallint[], $6::text[], $7::text[])
    as ours (id, lease_token, due_at, attempts, http_status, error, destination)
  where parked.id = ours.id and parked.lease_token = ours.lease_token
  returning parked.id`;

/** Takes settled deliveries out of `parked`. @returns those that were still ours: only what came of them may be logged. */
export async function deleteParked(client: pg.ClientBase, deliveries: readonly Delivery[]): Promise<ReadonlySet<string>> {
  if (deliveries.length === 0) return NONE;
  const result = await client.query<[string]>({
    name: 'delete-parked',
    text: DELETE_PARKED,
    values: [deliveries.map(({ id }) => id), deliveries.map(({ lease }) => lease!.token)],
    rowMode: 'array',
  });
  return new Set(result.rows.map(([id]) => id));
}

/** Gives deliveries back to be sent at their next due time. @returns those that were still ours. */
export async function rescheduleParked(client: pg.ClientBase, deliveries: readonly Delivery[]): Promise<ReadonlySet<string>> {
  if (deliveries.length === 0) return NONE;
  const outcomes = deliveries.map(({ outcome }) => outcome as { dueAtMs: number; error: string | null });
  const result = await client.query<[string]>({
    name: 'reschedule-parked',
    text: RESCHEDULE_PARKED,
    values: [
      deliveries.map(({ id }) => id),
      deliveries.map(({ lease }) => lease!.token),
      outcomes.map(({ dueAtMs }) => dueAtMs),
      deliveries.map(({ attempts }) => attempts),
      deliveries.map(({ httpStatus }) => httpStatus),
      outcomes.map(({ error }) => textOf(error)),
      deliveries.map(({ sentTo, destination }) => sentTo ?? destination),
    ],
    rowMode: 'array',
  });
  return new Set(result.rows.map(([id]) => id));
}

const NONE: ReadonlySet<string> = new Set();
