import type pg from 'pg';
import { deliveryId, encodeEvent, type ConversionEvent } from '@ringback/contracts';

export interface ParkedBacklog {
  /** All of them are of this event. */
  readonly event: ConversionEvent;
  readonly callbackId: number;
  readonly destination: string;
  readonly count: number;
  /** Of the first; each next one is due 1 ms later. */
  readonly dueAtMs: number;
}

/** Parks deliveries that can be sent, by SQL, as if each had failed once; and gives their callback its queue. */
export async function parkBacklog(pool: pg.Pool, { event, callbackId, destination, count, dueAtMs }: ParkedBacklog): Promise<void> {
  const recordedAtMs = Date.parse(event.time);
  const eventKey = deliveryId(recordedAtMs, event.id, 0);
  await pool.query('insert into dispatcher.parked_event (id, event) values ($1, $2) on conflict do nothing', [
    eventKey,
    encodeEvent(event),
  ]);
  await pool.query(
    `insert into dispatcher.parked (id, event_key, due_at, expires_at, conversion_id, offer_id, affiliate_id, callback_id,
       conversion_version, event_type, conversion_status, attempts, event_id, destination)
     select id, $2, to_timestamp(($4::float8 + n) / 1000), to_timestamp($4::float8 / 1000) + interval '10 days', $7, 1, $3, $5, 1,
       'ConversionCreated', 'done', 1, 'event', $6
     from unnest($1::uuid[]) with ordinality as ids (id, n)`,
    [
      Array.from({ length: count }, (_, index) => deliveryId(recordedAtMs, `${event.id} ${index}`, callbackId)),
      eventKey,
      event.data.conversion.affiliateId,
      dueAtMs,
      callbackId,
      destination,
      event.data.conversion.id,
    ],
  );
  await pool.query(
    `insert into dispatcher.parked_queue (callback_id, affiliate_id, destination, next_due_at)
     values ($1, $2, $3, to_timestamp($4::float8 / 1000))
     on conflict (callback_id) do update set next_due_at = excluded.next_due_at`,
    [callbackId, event.data.conversion.affiliateId, destination, dueAtMs],
  );
}
