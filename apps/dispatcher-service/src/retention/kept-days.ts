import type pg from 'pg';
import { DAY_MS } from '../schema/day-partitions.js';

/** Against a drop at the same moment: inside a transaction, a day that is kept stays kept until its end. */
const IS_DAY_KEPT = `select kept_from_id <= $1::uuid as is_kept from dispatcher.log_days for share`;

const KEPT_FROM = `select kept_from - date '1970-01-01' as day from dispatcher.log_days`;

/**
 * Whether the log still has the day of a delivery's id, so whether what is not found there was never there. Of a day that is no longer kept
 * nothing can be told, and nothing of it may be parked: 410.
 */
export async function isDayKept(client: pg.ClientBase | pg.Pool, deliveryId: string): Promise<boolean> {
  const { rows } = await client.query<{ is_kept: boolean }>({ name: 'is-day-kept', text: IS_DAY_KEPT, values: [deliveryId] });
  return rows[0]!.is_kept;
}

/** @returns since when the log is kept, in ms since the epoch: of what was recorded before, nothing can be told. */
export async function readKeptFrom(client: pg.ClientBase | pg.Pool): Promise<number> {
  const { rows } = await client.query<{ day: number }>({ name: 'kept-from', text: KEPT_FROM });
  return rows[0]!.day * DAY_MS;
}
