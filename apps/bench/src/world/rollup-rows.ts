import type { World } from './world.js';

/** A month of a network: the busiest of its callbacks have a hundred times as many deliveries as most. */
const OFFERS = 2_000;
const CALLBACKS_PER_OFFER = 5;
const AFFILIATES = 500;
const DESTINATIONS = 200;

/**
 * Histograms as the dispatcher writes them: pairs of a bucket (one byte) and a count (a varint), of so many times around `middle`. A few
 * hundred are made and dealt out, since making one for each of millions of rows would take longer than all the rest.
 */
const HISTOGRAMS = `
  create or replace function pg_temp.varint(value bigint) returns bytea language plpgsql immutable as $$
  declare bytes bytea := ''; rest bigint := value;
  begin
    while rest >= 128 loop
      bytes := bytes || set_byte('\\x00', 0, (rest & 127)::integer | 128);
      rest := rest >> 7;
    end loop;
    return bytes || set_byte('\\x00', 0, rest::integer);
  end $$;
  create or replace function pg_temp.histogram(times bigint, middle integer) returns bytea language plpgsql volatile as $$
  declare bytes bytea := ''; buckets integer := least(times, 30); share bigint := times / buckets;
  begin
    for step in 0 .. buckets - 1 loop
      bytes := bytes || set_byte('\\x00', 0, middle - 15 + (step * 30 + floor(random() * 30))::integer / buckets)
        || pg_temp.varint(case when step = 0 then times - share * (buckets - 1) else share end);
    end loop;
    return bytes;
  end $$;
  create temp table if not exists histograms as
    select times, variant, pg_temp.histogram(times, 85) as latency, pg_temp.histogram(times, 70) as duration
    from generate_series(1, 200) as times, generate_series(0, 7) as variant;
  create index if not exists histograms_key on histograms (times, variant);
  analyze histograms;`;

const COUNTERS = `delivered, delivered_first_try, exhausted, cancelled, redelivered, redeliveries_failed, attempts, first_attempts`;
const SUMS = COUNTERS.split(', ')
  .map((name) => `sum(${name})::integer as ${name}`)
  .join(', ');

/** The hours of a day of callbacks: which of them had deliveries is drawn for each delivery. */
const CALLBACK_HOURS = `
  with drawn as (
    select $1::timestamptz + (n % 24) * interval '1 hour' as at, 1 + floor(power(random(), 3) * ${OFFERS * CALLBACKS_PER_OFFER})::integer as callback_id
    from generate_series(1, $2::integer) as n
  ), busy as (
    select at, callback_id, count(*)::integer as times from drawn group by at, callback_id
  )
  insert into dispatcher.statistics_hour (at, level, offer_id, affiliate_id, callback_id, destination, ${COUNTERS}, latency, duration)
  select at, 'callback', 1 + (callback_id - 1) / ${CALLBACKS_PER_OFFER}, 1 + callback_id % ${AFFILIATES}, callback_id,
    'https://tracker-' || callback_id % ${DESTINATIONS} || '.example.com:443',
    busy.times - busy.times / 50, busy.times - busy.times / 20, busy.times / 50, 0, 0, 0, busy.times + busy.times / 20, busy.times, latency, duration
  from busy join histograms on histograms.times = least(busy.times, 200) and variant = callback_id % 8`;

/** Of many times, where the pool has none, one is made. */
const DEALT = (name: 'latency' | 'duration', middle: number) => `
  coalesce((select ${name} from histograms where times = attempts and variant = attempts % 8), pg_temp.histogram(attempts, ${middle}))`;

const WIDER_HOURS = `
  insert into dispatcher.statistics_hour (at, level, offer_id, affiliate_id, callback_id, destination, ${COUNTERS}, latency, duration)
  select at, level::dispatcher.statistics_level, coalesce(offer_id, 0), coalesce(affiliate_id, 0), 0, coalesce(destination, ''), ${COUNTERS},
    ${DEALT('latency', 85)}, ${DEALT('duration', 70)}
  from (
    select at, case when grouping(offer_id) = 0 then 'offer' when grouping(affiliate_id) = 0 then 'affiliate'
      when grouping(destination) = 0 then 'destination' else 'all' end as level, offer_id, affiliate_id, destination, ${SUMS}
    from dispatcher.statistics_hour where level = 'callback' and at >= $1::timestamptz and at < $1::timestamptz + interval '1 day'
    group by at, grouping sets ((offer_id), (affiliate_id), (destination), ())
  ) as wider`;

const DAY = `
  insert into dispatcher.statistics_day (at, level, offer_id, affiliate_id, callback_id, destination, ${COUNTERS}, latency, duration)
  select $1::timestamptz, level, offer_id, affiliate_id, callback_id, destination, ${COUNTERS}, ${DEALT('latency', 85)}, ${DEALT('duration', 70)}
  from (
    select level, offer_id, affiliate_id, callback_id, destination, ${SUMS}
    from dispatcher.statistics_hour where at >= $1::timestamptz and at < $1::timestamptz + interval '1 day'
    group by level, offer_id, affiliate_id, callback_id, destination
  ) as day`;

/** As the job has them a day after the last: what is not whole yet is left to it. */
const SEVERAL_DAYS = [
  { table: 'statistics_four_days', days: 4, through: 'four_days_through', partitionDays: 28 },
  { table: 'statistics_sixteen_days', days: 16, through: 'sixteen_days_through', partitionDays: 112 },
] as const;

const THROUGH = `
  update dispatcher.statistics_progress set
    four_days_through = date_bin('4 days', $1::timestamptz - interval '1 day', to_timestamp(0)),
    sixteen_days_through = date_bin('16 days', $1::timestamptz - interval '1 day', to_timestamp(0))`;

const SUM_DAYS = ({ table, days, through }: (typeof SEVERAL_DAYS)[number]) => `
  insert into dispatcher.${table} (at, level, offer_id, affiliate_id, callback_id, destination, ${COUNTERS}, latency, duration)
  select at, level, offer_id, affiliate_id, callback_id, destination, ${COUNTERS}, ${DEALT('latency', 85)}, ${DEALT('duration', 70)}
  from (
    select date_bin('${days} days', at, to_timestamp(0)) as at, level, offer_id, affiliate_id, callback_id, destination, ${SUMS}
    from dispatcher.statistics_day where at < (select ${through} from dispatcher.statistics_progress)
    group by 1, level, offer_id, affiliate_id, callback_id, destination
  ) as several`;

const INDEXES = `
  select indexrelid::regclass::text as name, pg_get_indexdef(indexrelid) as definition
  from pg_index where indrelid = 'dispatcher.statistics_hour'::regclass and not indisprimary`;

const PARTITIONS = (table: string, days: number) => `
  do $$ declare start timestamptz; begin
    for start in select generate_series(to_timestamp(floor(extract(epoch from timestamptz '@from@') / 86400 / ${days}) * 86400 * ${days}),
      timestamptz '@to@', interval '${days} days') loop
      execute format('create table if not exists dispatcher.${table}_%s partition of dispatcher.${table} for values from (%L) to (%L)',
        to_char(start at time zone 'UTC', 'YYYYMMDD'), start, start + interval '${days} days');
    end loop;
  end $$`;

export interface RollupMonth {
  /** The first day, midnight in UTC. */
  readonly fromMs: number;
  readonly days: number;
  readonly deliveriesPerDay: number;
}

/** Writes rollups as if so many deliveries had been made, at every level, hours and days and several of these; before the dispatcher sums anything itself. */
export async function seedRollups(
  world: World,
  { fromMs, days, deliveriesPerDay }: RollupMonth,
  onProgress: (days: number) => void,
): Promise<void> {
  const dayOf = (day: number) => new Date(fromMs + day * 86_400_000).toISOString();
  await world.sql(`set time zone 'UTC'`);
  for (const [table, partitionDays] of [
    ['statistics_hour', 7],
    ['statistics_day', 28],
    ...SEVERAL_DAYS.map(({ table, partitionDays }) => [table, partitionDays] as const),
  ] as const)
    await world.sql(PARTITIONS(table, partitionDays).replaceAll('@from@', dayOf(0)).replaceAll('@to@', dayOf(days)));
  await world.sql(HISTOGRAMS);
  // Made at the end, which takes a third of the time.
  const indexes = await world.sql<{ name: string; definition: string }>(INDEXES);
  for (const { name } of indexes) await world.sql(`drop index ${name}`);
  for (let day = 0; day < days; day++) {
    world.context.signal.throwIfAborted();
    await world.sql(CALLBACK_HOURS, [dayOf(day), deliveriesPerDay]);
    await world.sql(WIDER_HOURS, [dayOf(day)]);
    await world.sql(DAY, [dayOf(day)]);
    onProgress(day + 1);
  }
  await world.sql(THROUGH, [dayOf(days)]);
  for (const several of SEVERAL_DAYS) await world.sql(SUM_DAYS(several));
  for (const { definition } of indexes) await world.sql(definition);
  for (const table of ['statistics_hour', 'statistics_day', ...SEVERAL_DAYS.map(({ table }) => table)])
    await world.sql(`vacuum analyze dispatcher.${table}`);
}
