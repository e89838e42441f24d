import type pg from 'pg';
import { COLUMN_OF, levelFor, type Dimension, type StatisticsFilter } from './statistics-filter.js';
import { COUNTER_COLUMNS } from './tally.js';
import type { Tile } from './tiles.js';

export interface RollupQuestion {
  /** At least one. */
  readonly tiles: readonly Tile[];
  readonly filter: StatisticsFilter;
  /** Null: all in one. */
  readonly dimension: Dimension | null;
  /** Only these of the dimension; null: all of it. */
  readonly keys: readonly (number | string)[] | null;
  /** Where buckets begin; empty: all time in one. */
  readonly startsMs: readonly number[];
  readonly histograms: readonly ('latency' | 'duration')[];
  /** Only the groups that are first in this order, and `orKeys`; null: all. */
  readonly top: { readonly order: 'count' | 'failures'; readonly limit: number; readonly orKeys: readonly (number | string)[] } | null;
}

export interface RollupSum {
  /** Empty when there is no dimension. */
  readonly key: number | string;
  /** Of a callback; 0 otherwise. */
  readonly offerId: number;
  readonly affiliateId: number;
  /** Which bucket, from 0 on. */
  readonly bucket: number;
  readonly counters: readonly number[];
  readonly latency: Buffer | null;
  readonly duration: Buffer | null;
}

const ORDER = {
  count: 'delivered + exhausted + cancelled desc, attempts desc, key',
  failures: 'attempts - delivered - redelivered desc, exhausted desc, key',
} as const;

/** Sums rollups in one statement: each tile reads its own table, by ranges of the primary key or of an index of a filter. */
export async function readRollups(client: pg.ClientBase, question: RollupQuestion): Promise<RollupSum[]> {
  const values: unknown[] = [];
  const text = rollupSql(question, (value) => `$${values.push(value)}`);
  const { rows } = await client.query<(number | string | Buffer | null)[]>({ text, values, rowMode: 'array' });
  return rows.map(([key, offerId, affiliateId, bucket, latency, duration, ...counters]) => ({
    key: key as number | string,
    offerId: offerId as number,
    affiliateId: affiliateId as number,
    bucket: bucket as number,
    latency: latency as Buffer | null,
    duration: duration as Buffer | null,
    counters: counters as number[],
  }));
}

/** @returns the statement; with `bind`, whose values are to be given with it. */
export function rollupSql(question: RollupQuestion, bind: (value: unknown) => string): string {
  const { tiles, filter, dimension, keys, startsMs, histograms, top } = question;
  const column = dimension === null ? null : COLUMN_OF[dimension];
  const level = levelFor(filter, dimension);
  const conditions = [`level = '${level}'`];
  if (filter.offerIds !== null) conditions.push(`offer_id = any(${bind(filter.offerIds)}::integer[])`);
  if (filter.offerId !== null) conditions.push(`offer_id = ${bind(filter.offerId)}::integer`);
  if (filter.affiliateId !== null) conditions.push(`affiliate_id = ${bind(filter.affiliateId)}::integer`);
  if (filter.callbackIds !== null) conditions.push(`callback_id = any(${bind(filter.callbackIds)}::integer[])`);
  if (filter.destination !== null) conditions.push(`destination = ${bind(filter.destination)}::text`);
  const keyType = dimension === 'destination' ? 'text' : 'integer';
  if (keys !== null && column !== null) conditions.push(`${column} = any(${bind(keys)}::${keyType}[])`);
  const where = conditions.join(' and ');
  const arms = tiles.map(
    ({ table, fromMs, toMs }) => `
      select at, offer_id, affiliate_id, callback_id, destination, ${COUNTER_COLUMNS.join(', ')}, latency, duration
      from dispatcher.${table.name}
      where at >= ${bind(new Date(fromMs))}::timestamptz and at < ${bind(new Date(toMs))}::timestamptz and ${where}`,
  );
  const bucket = startsMs.length === 0 ? '0' : `width_bucket(at, ${bind(startsMs.map((startMs) => new Date(startMs)))}::timestamptz[]) - 1`;
  const whose =
    dimension === 'callback' ? 'min(offer_id) as offer_id, min(affiliate_id) as affiliate_id' : '0 as offer_id, 0 as affiliate_id';
  const histogram = (name: 'latency' | 'duration') =>
    histograms.includes(name) ? `string_agg(${name}, ''::bytea) as ${name}` : `null::bytea as ${name}`;
  const sums = `
    select ${column ?? `''`} as key, ${whose}, ${bucket} as bucket, ${histogram('latency')}, ${histogram('duration')},
      ${COUNTER_COLUMNS.map((name) => `sum(${name})::float8 as ${name}`).join(', ')}
    from (${arms.join('\n      union all')}) as tiles
    group by 1, bucket`;
  if (top === null) return sums;
  return `
    with sums as materialized (${sums})
    (select * from sums order by ${ORDER[top.order]} limit ${bind(top.limit)}::integer)
    union
    select * from sums where key = any(${bind(top.orKeys)}::${keyType}[])`;
}
