import { encodeEvent } from '@ringback/contracts';
import { conversionEvent } from '../children/event-load.js';
import { AFFILIATE, type World } from './world.js';

/** Ids as deliveries have them (UUIDv8: 48 bits of time, the rest from a hash); the event's key is another of the same moment. */
const uuid = (time: string, hash: string, version: string) =>
  `(lpad(to_hex(${time}), 12, '0') || '${version}' || substr(${hash}, 1, 3) || '8' || substr(${hash}, 4, 3) || substr(${hash}, 7, 12))::uuid`;

const SEED = `
  with numbered as materialized (
    select n, $2::bigint + (n * $3::float8)::bigint as at_ms, md5('delivery' || $1 || ':' || n) as hash, md5('event' || $1 || ':' || n) as event_hash,
      $4::integer + (n % $5::integer) as callback_id
    from generate_series($6::integer, $7::integer) as n
  ), parked as materialized (
    select numbered.*, ${uuid('at_ms', 'hash', '8')} as id, ${uuid('at_ms', 'event_hash', '8')} as event_key,
      ${uuid('at_ms', 'event_hash', '7')} as conversion_id, ($8::text[])[1 + n % $5::integer] as destination
    from numbered
  ), events as (
    insert into dispatcher.parked_event (id, event)
    select event_key, convert_to(replace(replace($9::text, '@id@', conversion_id::text), '"@offer@"', callback_id::text), 'UTF8') from parked
  )
  insert into dispatcher.parked (id, event_key, due_at, expires_at, conversion_id, offer_id, affiliate_id, callback_id, conversion_version,
    event_type, conversion_status, attempts, event_id, destination, error)
  select id, event_key, to_timestamp(at_ms / 1000.0), now() + interval '7 days', conversion_id, callback_id, ${AFFILIATE}, callback_id, 1,
    'ConversionCreated', 'done', 1, conversion_id::text, destination, 'connect ECONNREFUSED'
  from parked`;

const ADVANCE = `
  insert into dispatcher.parked_queue (callback_id, destination, affiliate_id, next_due_at)
  select callback_id, destination, ${AFFILIATE}, to_timestamp($3::float8 / 1000)
  from unnest($1::integer[], $2::text[]) as queue (callback_id, destination)
  on conflict (callback_id) do update set next_due_at = least(parked_queue.next_due_at, excluded.next_due_at)`;

const CHUNK = 50_000;

export interface ParkedRows {
  /** What tells these rows from others that were made before. */
  readonly label: string;
  readonly count: number;
  /** Offer and callback of the first port; the next port has the next. */
  readonly firstCallbackId: number;
  readonly ports: readonly number[];
  /** When the first is due, and how long after it each next one; that time is also in the delivery's id. */
  readonly firstDueAtMs: number;
  readonly everyMs: number;
}

/** Writes deliveries into `parked` as if their first attempt had failed, callbacks in turn. */
export async function seedParked(world: World, rows: ParkedRows, onProgress: (done: number) => void = () => undefined): Promise<void> {
  const { label, count, firstCallbackId, ports, firstDueAtMs, everyMs } = rows;
  const destinations = ports.map((port) => `http://127.0.0.1:${port}`);
  const event = conversionEvent(1, AFFILIATE, world.records.revision, firstDueAtMs);
  const { transactionId: _, ...conversion } = event.data.conversion;
  const template = encodeEvent({
    ...event,
    id: '@id@',
    data: { ...event.data, conversion: { ...conversion, id: '@id@', offerId: '@offer@' } },
  }).toString('utf8');
  for (let from = 0; from < count; from += CHUNK) {
    world.context.signal.throwIfAborted();
    const to = Math.min(count, from + CHUNK) - 1;
    await world.sql(SEED, [label, firstDueAtMs, everyMs, firstCallbackId, ports.length, from, to, destinations, template]);
    onProgress(to + 1);
  }
  const callbackIds = ports.map((_, index) => firstCallbackId + index);
  await world.sql(ADVANCE, [callbackIds, destinations, firstDueAtMs]);
}
