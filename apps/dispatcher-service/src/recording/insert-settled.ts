import { boolArray, byteaArray, float4Array, float8Array, int2Array, int4Array, textArray, uuidArray } from '@ringback/postgres-arrays';
import type pg from 'pg';
import type { Delivery } from '../delivery/delivery.js';
import { textOf } from './storable-text.js';

const INSERT_SETTLED = `
  insert into dispatcher.delivery (id, settled_at, started_at, conversion_id, offer_id, affiliate_id, callback_id, conversion_version,
    event_type, conversion_status, status, duration_ms, attempts, http_status, exchange_lost, event_id, destination, error, exchange)
  select id, to_timestamp($2::float8 / 1000), to_timestamp(started_at / 1000), conversion_id, offer_id, affiliate_id, callback_id,
    conversion_version, event_type::dispatcher.event_type, conversion_status::dispatcher.conversion_status, status::dispatcher.settled_status,
    duration_ms, attempts, http_status, exchange_lost, event_id, destination, error, exchange
  from unnest($1::uuid[], $3::float8[], $4::uuid[], $5::integer[], $6::integer[], $7::integer[], $8::integer[],
    $9::text[], $10::text[], $11::text[], $12::real[], $13::smallint[], $14::smallint[], $15::boolean[], $16::text[], $17::text[], $18::text[], $19::bytea[])
    as settled (id, started_at, conversion_id, offer_id, affiliate_id, callback_id, conversion_version, event_type, conversion_status,
      status, duration_ms, attempts, http_status, exchange_lost, event_id, destination, error, exchange)
  on conflict (id) do nothing`;

/** What was exhausted is announced, so it matters whether this transaction was the one that recorded it. */
const INSERT_AND_TELL = `${INSERT_SETTLED} returning delivery.id, delivery.status`;

/** Asked only where fewer rows came into the log than were given, so that a healthy batch is not told its own ids. */
const FIND_OWN = `select id from dispatcher.delivery where id = any($1::uuid[]) and xmin = pg_current_xact_id()::xid`;

/** What of a batch did not stand in the log yet. */
export interface NewlySettled {
  readonly settled: readonly Delivery[];
  /** Of these, by id. */
  readonly exhausted: ReadonlySet<string>;
}

/** Appends settled deliveries to the log. One that stands there already stays as it is. */
export async function insertSettled(client: pg.ClientBase, deliveries: readonly Delivery[], nowMs: number): Promise<NewlySettled> {
  if (deliveries.length === 0) return { settled: deliveries, exhausted: NONE };
  const hasExhausted = deliveries.some(({ outcome }) => outcome!.kind === 'exhausted');
  const conversions = deliveries.map(({ event }) => event.event.data.conversion);
  const result = await client.query<[id: string, status: string]>({
    name: hasExhausted ? 'insert-settled-and-tell' : 'insert-settled',
    text: hasExhausted ? INSERT_AND_TELL : INSERT_SETTLED,
    values: [
      uuidArray(deliveries.map(({ id }) => id)),
      nowMs,
      float8Array(deliveries.map(({ attempt }) => attempt?.startedAtMs ?? null)),
      uuidArray(conversions.map(({ id }) => id)),
      int4Array(conversions.map(({ offerId }) => offerId)),
      int4Array(conversions.map(({ affiliateId }) => affiliateId)),
      int4Array(deliveries.map(({ callbackId }) => callbackId)),
      int4Array(conversions.map(({ version }) => version)),
      textArray(deliveries.map(({ event }) => event.event.type)),
      textArray(conversions.map(({ status }) => status)),
      textArray(deliveries.map(({ outcome }) => outcome!.kind)),
      float4Array(deliveries.map(({ attempt }) => attempt?.durationMs ?? null)),
      int2Array(deliveries.map(({ attempts }) => attempts)),
      int2Array(deliveries.map(({ httpStatus }) => httpStatus)),
      boolArray(deliveries.map(({ attempt }) => attempt?.exchangeLost ?? false)),
      textArray(deliveries.map(({ event }) => event.event.id)),
      textArray(deliveries.map(({ sentTo }) => sentTo)),
      textArray(
        deliveries.map(({ outcome, attempt }) =>
          textOf(attempt?.exchangeLost ? EXCHANGE_LOST : outcome!.kind === 'delivered' ? null : outcome!.error),
        ),
      ),
      byteaArray(deliveries.map(({ attempt }) => attempt?.exchange ?? null)),
    ],
    rowMode: 'array',
  });
  const exhausted = hasExhausted ? new Set(result.rows.filter(([, status]) => status === 'exhausted').map(([id]) => id)) : NONE;
  if (result.rowCount === deliveries.length) return { settled: deliveries, exhausted };
  const own = new Set(hasExhausted ? result.rows.map(([id]) => id) : await findOwn(client, deliveries));
  return { settled: deliveries.filter(({ id }) => own.has(id)), exhausted };
}

async function findOwn(client: pg.ClientBase, deliveries: readonly Delivery[]): Promise<string[]> {
  const values = [deliveries.map(({ id }) => id)];
  const { rows } = await client.query<[string]>({ name: 'find-own', text: FIND_OWN, values, rowMode: 'array' });
  return rows.map(([id]) => id);
}

const NONE: ReadonlySet<string> = new Set();

/** What stands for an error when PostgreSQL refused what was to be written about an exchange. */
export const EXCHANGE_LOST = 'the exchange could not be stored';
