import pg from 'pg';

/** How many of each there are; every pair of callbacks belongs to one offer and one affiliate. */
export const LOG_SPREAD = { callbacks: 20_000, offers: 1_000, affiliates: 500, destinations: 400 } as const;
export const LOG_DAYS = 30;
export const DAY_MS = 24 * 60 * 60 * 1000;
/** Two deliveries an event, one for each callback of a pair. */
const PAIRS = LOG_SPREAD.callbacks / 2;
const PAIRS_OF_AFFILIATE = PAIRS / LOG_SPREAD.affiliates;
/** One pair in so many has had nothing for 20 days: what was written of it lies far back. */
const ENDED_EVERY = 50;
const ENDED_DAYS_AGO = 20;
/** One pair in so many goes to a receiver that fails three times in ten; the others fail once in a hundred. */
const SICK_EVERY = 25;
/** The whole of the standard schedule. */
const MAX_ATTEMPTS = 12;
/** Of the deliveries of the last three days, one in so many is still parked. */
const PARKED_EVERY = 100;
const PARKED_DAYS = 3;
const EVENTS_A_STATEMENT = 20_000;
const CONNECTIONS = 2;

/** A callback that has had nothing for 20 days, and the two with the most and the fewest deliveries. */
export const LOG_CALLBACKS = { ended: 2 * (ENDED_EVERY - 1) + 1, busiest: 1, quietest: LOG_SPREAD.callbacks - 4 } as const;

/** A number in [0, 1) that is the same for the same row. */
const random = (of: string, seed: number) => `((hashint8extended(${of}, ${seed}) & 2147483647) / 2147483648.0)::float8`;
/** Ids as deliveries have them: 48 bits of time, the rest from a hash. */
const uuid = (hash: string, version: string) =>
  `(lpad(to_hex(at_ms), 12, '0') || '${version}' || substr(${hash}, 1, 3) || '8' || substr(${hash}, 4, 3) || substr(${hash}, 7, 12))::uuid`;
const FAILURES = `(array['answered 500', 'answered 502', 'answered 503', 'answered 504', 'answered 404', 'answered 401', 'no answer within 10 s', 'connect ECONNREFUSED'])`;
const FAILURE_STATUSES = `(array[500, 502, 503, 504, 404, 401, null, null]::smallint[])`;

/** As `recording/exchange.ts` of the dispatcher packs one. */
const exchange = (what: string) => `(
  select int4send(octet_length(head)) || convert_to(head || answer, 'UTF8')
  from (select format('{"m":"GET","u":"https://tracker-%s.example/postback?click=%s&payout=12.50&status=%s","q":["webhook-id","%s","webhook-timestamp","%s","User-Agent","Ringback/0.1.0"],"t":%s%s}',
      destination, conversion_id, conversion_status, id, at_ms / 1000, round(duration_ms * 9),
      case when ${what} then format(',"a":["content-type","text/plain","date","Mon, 01 Jan 2026 00:00:00 GMT","connection","keep-alive"],"r":[%s,%s,0]', length(answer), length(answer)) else '' end) as head,
    case when ${what} then answer else '' end as answer) as packed)`;

/** The rows of the events from $1 to $2: event 0 was at $3 (ms), each next one $4 ms later; it is now $5 (ms). */
const ROWS = `
  with event as materialized (
    select e, at_ms, md5('event:' || e) as event_hash,
      case when pair % ${ENDED_EVERY} = ${ENDED_EVERY - 1} and at_ms > $5::float8 - ${ENDED_DAYS_AGO * DAY_MS} then pair - 1 else pair end as pair
    from (
      select e, ($3::float8 + e * $4::float8)::bigint as at_ms, floor(${PAIRS} * power(${random('e', 1)}, 3))::integer as pair
      from generate_series($1::bigint, $2::bigint) as e
    ) as numbered
  ), drawn as materialized (
    select event.*, md5('delivery:' || e || ':' || side) as hash, 2 * pair + side + 1 as callback_id, 1 + pair % ${LOG_SPREAD.offers} as offer_id,
      1 + pair / ${PAIRS_OF_AFFILIATE} as affiliate_id, pair % ${LOG_SPREAD.destinations} as destination,
      ${random('2 * e + side', 2)} / case when pair % ${SICK_EVERY} = 7 then 0.3 else 0.01 end as luck,
      1 + (hashint8extended(2 * e + side, 3) & 7)::integer as failure, (hashint8extended(2 * e + side, 4) & 1048575)::integer as noise,
      80 * exp(2 * (${random('2 * e + side', 5)} + ${random('2 * e + side', 6)} + ${random('2 * e + side', 7)} - 1.5)) as duration_ms
    from event, generate_series(0, 1) as side
  ), fate as materialized (
    select drawn.*, ${uuid('hash', '8')} as id, ${uuid('event_hash', '7')} as conversion_id,
      case when e % 5 = 0 then 'StatusChanged' else 'ConversionCreated' end as event_type, case when e % 7 = 0 then 'pending' else 'done' end as conversion_status,
      at_ms > $5::float8 - ${PARKED_DAYS * DAY_MS} and noise % ${PARKED_EVERY} = 0 as is_parked,
      case when luck < 0.3 then 'given up' when luck < 0.4 then 'redirected' when luck < 0.45 then 'cancelled' when luck < 1 then 'retried' else 'delivered' end as fate,
      case when pair % 20 = 3 then 204 when pair % 100 = 5 then 201 else 200 end as good_status
    from drawn
  ), lived as materialized (
    select fate.*,
      case when is_parked then 1 + noise % 4 when fate = 'given up' then ${MAX_ATTEMPTS} when fate = 'retried' then 2 + noise % 3
        when fate = 'cancelled' then 0 else 1 end as attempts
    from fate
  )`;

const SEED = `${ROWS}, attempts as (
    insert into dispatcher.delivery_attempt (delivery_id, number, started_at, duration_ms, http_status, error, exchange)
    select id, number, to_timestamp((at_ms + 5000 * power(number - 1, 4)) / 1000.0), duration_ms, ${FAILURE_STATUSES}[failure], ${FAILURES}[failure],
      ${exchange(`${FAILURE_STATUSES}[failure] is not null`)}
    from lived, lateral (select repeat('an error page ', 20) as answer) as answered,
      generate_series(1, case when is_parked then attempts else attempts - 1 end) as number
    on conflict do nothing
  ), parked as (
    insert into dispatcher.parked (id, event_key, due_at, expires_at, conversion_id, offer_id, affiliate_id, callback_id, conversion_version,
      event_type, conversion_status, attempts, http_status, event_id, destination, error)
    select id, ${uuid('event_hash', '8')}, to_timestamp($5::float8 / 1000) + interval '1 day' + noise * interval '1 second',
      to_timestamp(at_ms / 1000.0) + interval '10 days', conversion_id, offer_id, affiliate_id, callback_id, 1, event_type::dispatcher.event_type,
      conversion_status::dispatcher.conversion_status, attempts, ${FAILURE_STATUSES}[failure], conversion_id::text,
      'https://tracker-' || destination || '.example', ${FAILURES}[failure]
    from lived where is_parked
    on conflict (id) do nothing
  )
  insert into dispatcher.delivery (id, settled_at, started_at, conversion_id, offer_id, affiliate_id, callback_id, conversion_version,
    event_type, conversion_status, status, duration_ms, attempts, http_status, event_id, destination, error, exchange)
  select id, to_timestamp((at_ms + duration_ms) / 1000), case when attempts > 0 then to_timestamp(at_ms / 1000.0) end, conversion_id, offer_id,
    affiliate_id, callback_id, 1, event_type::dispatcher.event_type, conversion_status::dispatcher.conversion_status,
    (case fate when 'given up' then 'exhausted' when 'redirected' then 'exhausted' when 'cancelled' then 'cancelled' else 'delivered' end)::dispatcher.settled_status,
    case when attempts > 0 then duration_ms end, attempts,
    case fate when 'given up' then ${FAILURE_STATUSES}[failure] when 'redirected' then 302 when 'cancelled' then null else good_status end,
    conversion_id::text, 'https://tracker-' || destination || '.example',
    case fate when 'given up' then ${FAILURES}[failure] when 'redirected' then 'redirects to https://elsewhere.example/' when 'cancelled' then 'the callback was deleted' end,
    case when attempts > 0 then ${exchange(`fate <> 'given up' or ${FAILURE_STATUSES}[failure] is not null`)} end
  from lived, lateral (select case when fate in ('delivered', 'retried') then 'OK' else repeat('an error page ', 20) end as answer) as answered
  where not is_parked
  on conflict (id) do nothing`;

export interface LogRows {
  /** Of a database that has the dispatcher's tables. */
  readonly databaseUrl: string;
  readonly rows: number;
  readonly nowMs: number;
  readonly signal?: AbortSignal;
  readonly onProgress?: (rows: number) => void;
}

/**
 * Fills the log with deliveries of the last 30 days, in the order of time, as a network would have made them: few callbacks have most of
 * them, some receivers are sick, some callbacks ended long ago; with the earlier attempts of those that needed several, and what is still
 * parked (due in a day and later, without its event: nobody is to send it). The same rows for the same `nowMs`.
 */
export async function seedLog({ databaseUrl, rows, nowMs, signal, onProgress }: LogRows): Promise<void> {
  const events = Math.ceil(rows / 2);
  const everyMs = (LOG_DAYS * DAY_MS) / events;
  const firstAtMs = nowMs - events * everyMs;
  const pool = new pg.Pool({ connectionString: databaseUrl, max: CONNECTIONS, options: '-c synchronous_commit=off -c jit=off' });
  pool.on('error', () => undefined);
  let next = 0;
  let done = 0;
  const work = async (): Promise<void> => {
    while (next < events) {
      signal?.throwIfAborted();
      const from = next;
      const to = Math.min(events, from + EVENTS_A_STATEMENT) - 1;
      next = to + 1;
      await pool.query(SEED, [from, to, firstAtMs, everyMs, nowMs]);
      onProgress?.((done += 2 * (to + 1 - from)));
    }
  };
  try {
    await Promise.all(Array.from({ length: CONNECTIONS }, work));
    // As autovacuum leaves it: rows known to be visible, and statistics.
    for (const table of ['delivery', 'delivery_attempt', 'parked']) await pool.query(`vacuum analyze dispatcher.${table}`);
  } finally {
    await pool.end();
  }
}
