import type { Delivery } from '@ringback/contracts';
import type pg from 'pg';
import { LOG_COLUMNS, PARKED_COLUMNS, toDelivery, type DeliveryRow } from '../delivery-log/delivery-row.js';

/** One snapshot of log and parked; where both have a delivery, parked speaks. The range lets PostgreSQL look into these days only. */
const FIND_EXPECTED = `
  select ${PARKED_COLUMNS} from dispatcher.parked
  where id = any($1::uuid[]) and ($4::integer[] is null or offer_id = any($4))
  union all
  select ${LOG_COLUMNS} from dispatcher.delivery
  where id = any($1::uuid[]) and id between $2::uuid and $3::uuid and ($4::integer[] is null or offer_id = any($4))
    and not exists (select from dispatcher.parked where parked.id = delivery.id)`;

/**
 * @param ids at least one
 * @param offerIds the offers that the caller may see; null: all
 * @returns by id, those of the deliveries that there are
 */
export async function findExpected(
  pool: pg.Pool,
  ids: readonly string[],
  offerIds: readonly number[] | null,
): Promise<ReadonlyMap<string, Delivery>> {
  const sorted = ids.toSorted();
  const { rows } = await pool.query<DeliveryRow>(FIND_EXPECTED, [ids, sorted[0], sorted.at(-1), offerIds]);
  return new Map(rows.map((row) => [row.id, toDelivery(row)]));
}
