import type pg from 'pg';
import { Breather } from './breather.js';
import { unpackPartial } from './pack-partial.js';
import { keyOf, passes, type Dimension, type StatisticsFilter } from './statistics-filter.js';
import { Sum } from './sum.js';
import type { Tally } from './tally.js';
import { bucketIndex } from './time-buckets.js';

/** Batches that wait to be summed are read this far: some 50 times as many as wait while all is well. The newest are left out beyond it. */
const MAX_PARTIALS = 5_000;

const READ = `
  select extract(epoch from at)::float8 * 1000 as at_ms, packed from dispatcher.statistics_partial
  where at >= to_timestamp($1::float8 / 1000) and at < to_timestamp($2::float8 / 1000)
  order by id limit ${MAX_PARTIALS}`;

/** What one batch adds to one key. */
export interface RecentTally {
  readonly atMs: number;
  readonly tally: Tally;
}

/** @returns what was recorded and is not summed yet, of all that passes: an answer is as fresh as the last commit. */
export async function readPartials(
  client: pg.ClientBase,
  range: { fromMs: number; toMs: number },
  filter: StatisticsFilter,
): Promise<RecentTally[]> {
  const { rows } = await client.query<{ at_ms: number; packed: Buffer }>({
    name: 'read-partials',
    text: READ,
    values: [range.fromMs, range.toMs],
  });
  const recent: RecentTally[] = [];
  const breather = new Breather();
  for (const { at_ms: atMs, packed } of rows) {
    for (const tally of unpackPartial(packed)) if (passes(tally, filter)) recent.push({ atMs, tally });
    await breather.pause();
  }
  return recent;
}

/** Of one group, by bucket. */
export interface RecentGroup {
  readonly offerId: number;
  readonly affiliateId: number;
  readonly byBucket: Map<number, Sum>;
}

/** @returns the sums by group and bucket; without buckets, all is in the first. */
export function groupRecent(recent: readonly RecentTally[], dimension: Dimension | null, startsMs: readonly number[]) {
  const groups = new Map<number | string, RecentGroup>();
  for (const { atMs, tally } of recent) {
    const key = keyOf(tally, dimension);
    let group = groups.get(key);
    if (group === undefined) {
      group = { offerId: tally.offerId, affiliateId: tally.affiliateId, byBucket: new Map() };
      groups.set(key, group);
    }
    const bucket = startsMs.length === 0 ? 0 : bucketIndex(startsMs, atMs);
    let sum = group.byBucket.get(bucket);
    if (sum === undefined) group.byBucket.set(bucket, (sum = new Sum()));
    sum.add(tally.counters, tally.latency, tally.duration);
  }
  return groups;
}
