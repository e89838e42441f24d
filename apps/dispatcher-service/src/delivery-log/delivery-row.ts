import { deliveryRecordedAt, type ConversionStatus, type Delivery, type DeliveryStatus } from '@ringback/contracts';

const SHARED = `id, event_id, event_type::text as event_type, conversion_id, conversion_version, offer_id, affiliate_id, callback_id,
  conversion_status::text as conversion_status, attempts, http_status, destination, error, redelivery_of`;

/** A settled delivery, in the shape of {@link DeliveryRow}. */
export const LOG_COLUMNS = `${SHARED}, status::text as status, settled_at, null::timestamptz as next_attempt_at`;
/** One that waits, for its first attempt or to be sent again, or is retried. While its redelivery is paused it is due when it expires. */
export const PARKED_COLUMNS = `${SHARED}, case when attempts = 0 or redelivery_id is not null then 'waiting' else 'retrying' end as status,
  null::timestamptz as settled_at, case when due_at < expires_at - interval '1 second' then due_at end as next_attempt_at`;

/** Whether a row of the log is that of a delivery which is being sent again. A subquery of one row, which no planner turns into a join. */
export const SUPERSEDED = (from: string) =>
  `(select parked.id from dispatcher.parked where parked.id = ${from}.id) is not null as superseded`;

export interface DeliveryRow {
  id: string;
  event_id: string;
  event_type: Delivery['eventType'];
  conversion_id: string;
  conversion_version: number;
  offer_id: number;
  affiliate_id: number;
  callback_id: number;
  conversion_status: ConversionStatus;
  attempts: number;
  http_status: number | null;
  destination: string | null;
  error: string | null;
  redelivery_of: string | null;
  status: DeliveryStatus;
  settled_at: Date | null;
  next_attempt_at: Date | null;
}

export function toDelivery(row: DeliveryRow): Delivery {
  return {
    id: row.id,
    eventId: row.event_id,
    eventType: row.event_type,
    conversionId: row.conversion_id,
    conversionVersion: row.conversion_version,
    offerId: row.offer_id,
    affiliateId: row.affiliate_id,
    callbackId: row.callback_id,
    conversionStatus: row.conversion_status,
    status: row.status,
    attempts: row.attempts,
    httpStatus: row.http_status,
    destination: row.destination,
    error: row.error,
    recordedAt: new Date(deliveryRecordedAt(row.id)).toISOString(),
    settledAt: row.settled_at?.toISOString() ?? null,
    nextAttemptAt: row.next_attempt_at?.toISOString() ?? null,
    redeliveryOf: row.redelivery_of,
  };
}
