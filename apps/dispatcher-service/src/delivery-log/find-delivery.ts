import type pg from 'pg';
import type { DeliveryAttempt, DeliveryDetail } from '@ringback/contracts';
import { LOG_COLUMNS, PARKED_COLUMNS, toDelivery, type DeliveryRow } from './delivery-row.js';
import { shownExchange, shownMs } from './shown-exchange.js';

const FIND = `
  select ${PARKED_COLUMNS}, null::timestamptz as started_at, null::real as duration_ms, false as exchange_lost, null::bytea as exchange
  from dispatcher.parked where id = $1
  union all
  select ${LOG_COLUMNS}, started_at, duration_ms, exchange_lost, exchange
  from dispatcher.delivery where id = $1 and not exists (select from dispatcher.parked where id = $1)`;

const FIND_ATTEMPTS = `
  select number, started_at, duration_ms, http_status, error, exchange_lost, exchange
  from dispatcher.delivery_attempt where delivery_id = $1 order by number`;

interface AttemptRow {
  number: number;
  started_at: Date;
  duration_ms: number;
  http_status: number | null;
  error: string | null;
  exchange_lost: boolean;
  exchange: Buffer | null;
}

interface DetailRow extends DeliveryRow {
  started_at: Date | null;
  duration_ms: number | null;
  exchange_lost: boolean;
  exchange: Buffer | null;
}

/**
 * @param offerIds to who asks, nothing of other offers is there; null: all of them are
 * @returns a delivery with every attempt made for it, the last included; null when there is none of this id.
 */
export async function findDelivery(pool: pg.Pool, id: string, offerIds: readonly number[] | null): Promise<DeliveryDetail | null> {
  const found = await pool.query<DetailRow>(FIND, [id]);
  const [row] = found.rows;
  if (row === undefined || offerIds?.includes(row.offer_id) === false) return null;
  const earlier = await pool.query<AttemptRow>(FIND_ATTEMPTS, [id]);
  const attemptLog = earlier.rows.map(toAttempt);
  if (row.started_at !== null && !attemptLog.some(({ number }) => number === row.attempts))
    attemptLog.push(toAttempt({ ...row, number: row.attempts, started_at: row.started_at, duration_ms: row.duration_ms ?? 0 }));
  return { ...toDelivery(row), attemptLog };
}

function toAttempt(row: AttemptRow): DeliveryAttempt {
  return {
    number: row.number,
    startedAt: row.started_at.toISOString(),
    durationMs: shownMs(row.duration_ms),
    httpStatus: row.http_status,
    error: row.error,
    exchangeLost: row.exchange_lost,
    ...(row.exchange === null ? { timing: null, request: null, response: null } : shownExchange(row.exchange, row.duration_ms)),
  };
}
