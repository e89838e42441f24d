import type pg from 'pg';

/** Against a drop at the same moment: inside a transaction, a day that is kept stays kept until its end. */
const IS_DAY_KEPT = `select kept_from_id <= $1::uuid as is_kept from dispatcher.log_days for share`;

/**
 * Whether the log still has the day of a delivery's id, so whether what is not found there was never there. Of a day that is no longer kept
 * nothing can be told, and nothing of it may be parked: 410.
 */
export async function isDayKept(client: pg.ClientBase | pg.Pool, deliveryId: string): Promise<boolean> {
  const { rows } = await client.query<{ is_kept: boolean }>({ name: 'is-day-kept', text: IS_DAY_KEPT, values: [deliveryId] });
  return rows[0]!.is_kept;
}
