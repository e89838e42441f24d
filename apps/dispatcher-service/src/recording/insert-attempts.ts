import type pg from 'pg';
import type { Delivery } from '../delivery/delivery.js';
import { EXCHANGE_LOST } from './insert-settled.js';
import { textOf } from './storable-text.js';

const INSERT_ATTEMPTS = `
  insert into dispatcher.delivery_attempt
    (delivery_id, number, started_at, duration_ms, http_status, exchange_lost, error, exchange)
  select delivery_id, number, to_timestamp(started_at / 1000), duration_ms, http_status, exchange_lost, error, exchange
  from unnest($1::uuid[], $2::smallint[], $3::float8[], $4::real[], $5::smallint[], $6::boolean[], $7::text[], $8::bytea[])
    as attempt (delivery_id, number, started_at, duration_ms, http_status, exchange_lost, error, exchange)
  on conflict (delivery_id, number) do nothing`;

/** Writes the attempts of deliveries that go on. The last attempt of a delivery stands in the log's own row. */
export async function insertAttempts(client: pg.ClientBase, deliveries: readonly Delivery[]): Promise<void> {
  if (deliveries.length === 0) return;
  const attempts = deliveries.map(({ attempt }) => attempt!);
  await client.query({
    name: 'insert-attempts',
    text: INSERT_ATTEMPTS,
    values: [
      deliveries.map(({ id }) => id),
      attempts.map(({ number }) => number),
      attempts.map(({ startedAtMs }) => startedAtMs),
      attempts.map(({ durationMs }) => durationMs),
      attempts.map(({ httpStatus }) => httpStatus),
      attempts.map(({ exchangeLost }) => exchangeLost),
      attempts.map(({ exchangeLost, error }) => textOf(exchangeLost ? EXCHANGE_LOST : error)),
      attempts.map(({ exchange }) => exchange),
    ],
  });
}
