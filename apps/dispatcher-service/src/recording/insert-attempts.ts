import { boolArray, byteaArray, float4Array, float8Array, int2Array, textArray, uuidArray } from '@ringback/postgres-arrays';
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
  on conflict (delivery_id, number) do nothing
  returning delivery_id`;

/**
 * Writes the attempts of deliveries that go on. The last attempt of a delivery stands in the log's own row.
 * @returns the deliveries whose attempt was not there yet: after a commit whose answer was lost, all are.
 */
export async function insertAttempts(client: pg.ClientBase, deliveries: readonly Delivery[]): Promise<ReadonlySet<string>> {
  if (deliveries.length === 0) return NONE;
  const attempts = deliveries.map(({ attempt }) => attempt!);
  const result = await client.query<[string]>({
    name: 'insert-attempts',
    text: INSERT_ATTEMPTS,
    values: [
      uuidArray(deliveries.map(({ id }) => id)),
      int2Array(attempts.map(({ number }) => number)),
      float8Array(attempts.map(({ startedAtMs }) => startedAtMs)),
      float4Array(attempts.map(({ durationMs }) => durationMs)),
      int2Array(attempts.map(({ httpStatus }) => httpStatus)),
      boolArray(attempts.map(({ exchangeLost }) => exchangeLost)),
      textArray(attempts.map(({ exchangeLost, error }) => textOf(exchangeLost ? EXCHANGE_LOST : error))),
      byteaArray(attempts.map(({ exchange }) => exchange)),
    ],
    rowMode: 'array',
  });
  return new Set(result.rows.map(([id]) => id));
}

const NONE: ReadonlySet<string> = new Set();
