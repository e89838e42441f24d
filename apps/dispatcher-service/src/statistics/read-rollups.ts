import type pg from 'pg';
import type { StatisticsOrder } from '@ringback/contracts';
import { COLUMN_OF, levelFor, type Dimension, type StatisticsFilter } from './statistics-filter.js';
import { AT, COUNTER_COLUMNS, COUNTERS, type Counter } from './tally.js';
import type { Tile } from './tiles.js';

type HistogramName = 'latency' | 'duration';

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
  /** What is summed; the other counters are 0. */
  readonly counters: readonly Counter[];
  readonly histograms: readonly HistogramName[];
  /** Only the groups that are first in this order, and `orKeys`; null: all. */
  readonly top: { readonly order: 'count' | 'failures'; readonly limit: number; readonly orKeys: readonly (number | string)[] } | null;
}

export interface RollupSum {
  /** Empty when there is no dimension. */
  readonly key: number | string;
  /** Of a callback that is among the keys; 0 otherwise. */
  readonly offerId: number;
  readonly affiliateId: number;
  /** Which bucket, from 0 on. */
  readonly bucket: number;
  readonly counters: readonly number[];
  readonly latency: Buffer | null;
  readonly duration: Buffer | null;
}

/** The counters that each order looks at. */
export const RANKED_BY = {
  count: ['delivered', 'exhausted', 'cancelled', 'attempts'],
  failures: ['attempts', 'delivered', 'redelivered', 'exhausted'],
  slowest: ['attempts'],
} as const satisfies Record<StatisticsOrder, readonly Counter[]>;

const ORDER = {
  count: 'delivered + exhausted + cancelled desc, attempts desc, key',
  failures: 'attempts - delivered - redelivered desc, exhausted desc, key',
} as const;

/** Sums rollups in one statement: each tile reads its own table, by ranges of the primary key or of an index of a filter. */
export async function readRollups(client: pg.ClientBase, question: RollupQuestion): Promise<RollupSum[]> {
  const values: unknown[] = [];
  const text = rollupSql(question, (value) => `$${values.push(value)}`);
  const { rows } = await client.query<(number | string | null)[]>({ text, values, rowMode: 'array' });
  const { counters, histograms } = question;
  const zeros = COUNTERS.map(() => 0);
  const countersAt = counters.map((name) => AT[name]);
  return rows.map(([key, offerId, affiliateId, bucket, ...figures]) => {
    const summed = [...zeros];
    for (const [index, at] of countersAt.entries()) summed[at] = figures[index] as number;
    const histogram = (name: HistogramName) => {
      const index = histograms.indexOf(name);
      const text = index === -1 ? null : figures[countersAt.length + index]!;
      return text === null ? null : Buffer.from(text as string, 'base64');
    };
    return {
      key: key!,
      offerId: offerId as number,
      affiliateId: affiliateId as number,
      bucket: bucket as number,
      counters: summed,
      latency: histogram('latency'),
      duration: histogram('duration'),
    };
  });
}

function rollupSql(question: RollupQuestion, bind: (value: unknown) => string): string {
  const { tiles, filter, dimension, keys, startsMs, counters, histograms, top } = question;
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
  const counterColumns = counters.map((name) => COUNTER_COLUMNS[AT[name]]!);
  const arms = tiles.map(
    ({ table, fromMs, toMs }) => `
      select at, offer_id, affiliate_id, callback_id, destination, ${[...counterColumns, ...histograms].join(', ')}
      from dispatcher.${table.name}
      where at >= ${bind(new Date(fromMs))}::timestamptz and at < ${bind(new Date(toMs))}::timestamptz and ${where}`,
  );
  const bucket = startsMs.length === 0 ? '0' : `width_bucket(at, ${bind(startsMs.map((startMs) => new Date(startMs)))}::timestamptz[]) - 1`;
  const whose = dimension === 'callback' && keys !== null ? ['min(offer_id)', 'min(affiliate_id)'] : ['0', '0'];
  const figures = [
    ...counterColumns.map((name) => `sum(${name})::float8 as ${name}`),
    // Half as long as hexadecimal, and read by Node.js many times as fast.
    ...histograms.map((name) => `encode(string_agg(${name}, ''::bytea), 'base64') as ${name}`),
  ];
  const sums = `
    select ${column ?? `''`} as key, ${whose[0]} as offer_id, ${whose[1]} as affiliate_id, ${bucket} as bucket, ${figures.join(', ')}
    from (${arms.join('\n      union all')}) as tiles
    group by 1, bucket`;
  if (top === null) return sums;
  return `
    with sums as materialized (${sums})
    (select * from sums order by ${ORDER[top.order]} limit ${bind(top.limit)}::integer)
    union
    select * from sums where key = any(${bind(top.orKeys)}::${keyType}[])`;
}
