import type pg from 'pg';
import { deliveryId } from '@ringback/contracts';
import { boolArray, byteaArray, float8Array, int2Array, int4Array, textArray, uuidArray } from '@ringback/postgres-arrays';
import type { Delivery, DeliveryEvent } from '../delivery/delivery.js';
import { textOf } from './storable-text.js';

const INSERT_EVENTS = `
  insert into dispatcher.parked_event (id, event)
  select id, event from unnest($1::uuid[], $2::bytea[]) as parked (id, event)
  order by id
  on conflict (id) do nothing`;

/**
 * A row that stands already is this process' own, of a commit whose answer was lost, or another owner's who was first. Either may have been
 * sent and logged since: then it must not come back.
 */
const INSERT_PARKED = `
  insert into dispatcher.parked (id, event_key, lease_token, leased_until, due_at, expires_at, conversion_id, offer_id, affiliate_id,
    callback_id, conversion_version, event_type, conversion_status, attempts, http_status, event_id, destination, error, ordered)
  select id, event_key, lease_token, now() + lease_ms * interval '1 millisecond', to_timestamp(due_at / 1000),
    to_timestamp(expires_at / 1000), conversion_id, offer_id, affiliate_id, callback_id, conversion_version,
    event_type::dispatcher.event_type, conversion_status::dispatcher.conversion_status, attempts, http_status, event_id, destination, error, ordered
  from unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::float8[], $5::float8[], $6::float8[], $7::uuid[], $8::integer[], $9::integer[],
    $10::integer[], $11::integer[], $12::text[], $13::text[], $14::smallint[], $15::smallint[], $16::text[], $17::text[], $18::text[], $19::boolean[])
    as parked (id, event_key, lease_token, lease_ms, due_at, expires_at, conversion_id, offer_id, affiliate_id, callback_id,
      conversion_version, event_type, conversion_status, attempts, http_status, event_id, destination, error, ordered)
  where not exists (select from dispatcher.delivery where delivery.id = parked.id)
  order by id
  on conflict (id) do nothing`;

/** A delivery on its way into `parked`. */
export interface Parking {
  readonly delivery: Delivery;
  readonly dueAtMs: number;
  readonly expiresAtMs: number;
  /** For how long, from now, this process keeps it; null when anyone may have it. */
  readonly leaseMs: number | null;
}

/** @returns the key under which an event is stored: ordered by time like delivery ids, and no delivery's id, since no callback has id 0. */
export function parkedEventKey({ recordedAtMs, event }: DeliveryEvent): string {
  return deliveryId(recordedAtMs, event.id, 0);
}

/** Stores deliveries to be sent later, and their events, each once. */
export async function insertParked(client: pg.ClientBase, parkings: readonly Parking[]): Promise<void> {
  if (parkings.length === 0) return;
  const events = new Map<DeliveryEvent, string>();
  for (const { delivery } of parkings) if (!events.has(delivery.event)) events.set(delivery.event, parkedEventKey(delivery.event));
  const conversions = parkings.map(({ delivery }) => delivery.event.event.data.conversion);
  await client.query({
    name: 'insert-parked-events',
    text: INSERT_EVENTS,
    values: [uuidArray([...events.values()]), byteaArray([...events.keys()].map(({ bytes }) => bytes))],
  });
  await client.query({
    name: 'insert-parked',
    text: INSERT_PARKED,
    values: [
      uuidArray(parkings.map(({ delivery }) => delivery.id)),
      uuidArray(parkings.map(({ delivery }) => events.get(delivery.event)!)),
      uuidArray(parkings.map(({ delivery, leaseMs }) => (leaseMs === null ? null : delivery.pendingLease!.token))),
      float8Array(parkings.map(({ leaseMs }) => leaseMs)),
      float8Array(parkings.map(({ dueAtMs }) => dueAtMs)),
      float8Array(parkings.map(({ expiresAtMs }) => expiresAtMs)),
      uuidArray(conversions.map(({ id }) => id)),
      int4Array(conversions.map(({ offerId }) => offerId)),
      int4Array(conversions.map(({ affiliateId }) => affiliateId)),
      int4Array(parkings.map(({ delivery }) => delivery.callbackId)),
      int4Array(conversions.map(({ version }) => version)),
      textArray(parkings.map(({ delivery }) => delivery.event.event.type)),
      textArray(conversions.map(({ status }) => status)),
      int2Array(parkings.map(({ delivery }) => delivery.attempts)),
      int2Array(parkings.map(({ delivery }) => delivery.httpStatus)),
      textArray(parkings.map(({ delivery }) => delivery.event.event.id)),
      textArray(parkings.map(({ delivery }) => delivery.sentTo ?? delivery.destination)),
      textArray(
        parkings.map(({ delivery: { outcome } }) => textOf(outcome?.kind === 'retry' || outcome?.kind === 'wait' ? outcome.error : null)),
      ),
      boolArray(parkings.map(({ delivery }) => delivery.isOrdered)),
    ],
  });
}
