import type pg from 'pg';

export interface ParkedRows {
  readonly callbackId: number;
  readonly count: number;
  readonly destination?: string;
  readonly affiliateId?: number;
  /** Of the first; each next one is due 1 ms later. */
  readonly dueAtMs: number;
  /** How many of them are under way. */
  readonly leased?: number;
  readonly draining?: boolean;
}

/** Parks deliveries of one callback by SQL, and gives it its queue. */
export async function parkRows(pool: pg.Pool, rows: ParkedRows): Promise<void> {
  const { callbackId, count, destination = 'http://a.example:80', affiliateId = 1, dueAtMs, leased = 0, draining = false } = rows;
  await pool.query(
    `insert into dispatcher.parked (id, event_key, lease_token, leased_until, due_at, expires_at, conversion_id, offer_id, affiliate_id,
       callback_id, conversion_version, event_type, conversion_status, attempts, event_id, destination)
     select gen_random_uuid(), gen_random_uuid(), case when n <= $5 then gen_random_uuid() end,
       case when n <= $5 then now() + interval '1 minute' end, to_timestamp(($4::float8 + n - 1) / 1000),
       to_timestamp($4::float8 / 1000) + interval '10 days', gen_random_uuid(), 1, $3, $1, 1, 'ConversionCreated', 'done', 1, 'event', $6
     from generate_series(1, $2::integer) as n`,
    [callbackId, count, affiliateId, dueAtMs, leased, destination],
  );
  await pool.query(
    `insert into dispatcher.parked_queue (callback_id, affiliate_id, destination, draining, next_due_at)
     values ($1, $2, $3, $4, coalesce((select min(due_at) from dispatcher.parked where callback_id = $1 and leased_until is null), 'infinity'))`,
    [callbackId, affiliateId, destination, draining],
  );
}
