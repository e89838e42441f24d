import type pg from 'pg';
import type { DeliveryAttempt, DeliveryDetail } from '@ringback/contracts';
import { LOG_COLUMNS, PARKED_COLUMNS, toDelivery, type DeliveryRow } from './delivery-row.js';
import { shownExchange, shownMs } from './shown-exchange.js';

const FIND = `
  select ${PARKED_COLUMNS} from dispatcher.parked where id = $1
  union all
  select ${LOG_COLUMNS} from dispatcher.delivery where id = $1 and not exists (select from dispatcher.parked where id = $1)`;

/** The last one stands in the log's own row, also while the delivery is sent again and `parked` speaks for it. */
const FIND_ATTEMPTS = `
  select number, started_at, duration_ms, http_status, error, exchange_lost, exchange
  from dispatcher.delivery_attempt where delivery_id = $1
  union all
  select attempts, started_at, coalesce(duration_ms, 0), http_status, error, exchange_lost, exchange
  from dispatcher.delivery where id = $1 and started_at is not null
    and not exists (select from dispatcher.delivery_attempt where delivery_id = $1 and number = attempts)
  order by number`;

interface AttemptRow {
  number: number;
  started_at: Date;
  duration_ms: number;
  http_status: number | null;
  error: string | null;
  exchange_lost: boolean;
  exchange: Buffer | null;
}

/**
 * @param offerIds to who asks, nothing of other offers is there; null: all of them are
 * @returns a delivery with every attempt made for it, the last included; null when there is none of this id.
 */
export async function findDelivery(pool: pg.Pool, id: string, offerIds: readonly number[] | null): Promise<DeliveryDetail | null> {
  const found = await pool.query<DeliveryRow>(FIND, [id]);
  const [row] = found.rows;
  if (row === undefined || offerIds?.includes(row.offer_id) === false) return null;
  const attempts = await pool.query<AttemptRow>(FIND_ATTEMPTS, [id]);
  return { ...toDelivery(row), attemptLog: attempts.rows.map(toAttempt) };
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
