import type pg from 'pg';
import { deliveryId, deliveryRecordedAt } from '@ringback/contracts';
import { advanceQueues } from '../recording/advance-queues.js';
import type { Again } from './again.js';

/** The ledger's word counts: what was erased there since is not sent. */
const KEEP_EVENTS = `
  insert into dispatcher.parked_event as kept (id, event)
  select id, event from unnest($1::uuid[], $2::bytea[]) as again (id, event)
  order by id
  on conflict (id) do update set event = excluded.event where kept.event <> excluded.event`;

/**
 * All but the id, the event and the times is as the log has it. Ids as one array, and not as a join, so that each is looked up by the
 * primary key, in the partitions of these days only. What is parked already is being sent.
 */
const ENQUEUE = `
  with wanted as materialized (
    select * from unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::float8[], $5::text[])
      as wanted (old_id, id, event_key, expires_at, destination)),
  log as materialized (
    select id, conversion_id, offer_id, affiliate_id, callback_id, conversion_version, event_type, conversion_status, attempts, http_status,
      event_id, error
    from dispatcher.delivery where id = any($1::uuid[]) and id between $6::uuid and $7::uuid)
  insert into dispatcher.parked (id, event_key, due_at, expires_at, conversion_id, offer_id, affiliate_id, callback_id, conversion_version,
    event_type, conversion_status, attempts, http_status, event_id, destination, error, redelivery_id, redelivery_of)
  select wanted.id, wanted.event_key, to_timestamp($8::float8 / 1000), to_timestamp(wanted.expires_at / 1000), log.conversion_id,
    log.offer_id, log.affiliate_id, log.callback_id, log.conversion_version, log.event_type, log.conversion_status,
    case when wanted.id = log.id then log.attempts else 0 end, case when wanted.id = log.id then log.http_status end, log.event_id,
    wanted.destination, case when wanted.id = log.id then log.error end, $9::uuid, nullif(log.id, wanted.id)
  from wanted join log on log.id = wanted.old_id
  order by wanted.id
  on conflict (id) do nothing
  returning id`;

/**
 * Parks deliveries to be sent again now, by one attempt each, inside the caller's transaction.
 * @returns the ids of those that were; the others are parked already
 */
export async function enqueueRedeliveries(
  client: pg.ClientBase,
  redeliveryId: string,
  again: readonly Again[],
  nowMs: number,
): Promise<ReadonlySet<string>> {
  if (again.length === 0) return new Set();
  const keys = again.map(({ id, eventId }) => eventKeyOf(id, eventId));
  const events = new Map(again.map(({ event }, index) => [keys[index]!, event]));
  const oldIds = again.map(({ oldId }) => oldId);
  const sorted = oldIds.toSorted();
  await client.query({ name: 'keep-events', text: KEEP_EVENTS, values: [[...events.keys()], [...events.values()]] });
  const { rows } = await client.query<[string]>({
    name: 'enqueue-redeliveries',
    text: ENQUEUE,
    values: [
      oldIds,
      again.map(({ id }) => id),
      keys,
      again.map(({ expiresAtMs }) => expiresAtMs),
      again.map(({ destination }) => destination),
      sorted[0],
      sorted.at(-1),
      nowMs,
      redeliveryId,
    ],
    rowMode: 'array',
  });
  const enqueued = new Set(rows.map(([id]) => id));
  await advanceQueues(
    client,
    again
      .filter(({ id }) => enqueued.has(id))
      .map(({ callbackId, destination, affiliateId }) => ({ callbackId, destination, affiliateId, dueAtMs: nowMs })),
  );
  return enqueued;
}

/** For a delivery under its old id the key under which its event was parked, if it ever was; for a new one a key of the new one's day. */
function eventKeyOf(id: string, eventId: string): string {
  return deliveryId(deliveryRecordedAt(id), eventId, 0);
}
