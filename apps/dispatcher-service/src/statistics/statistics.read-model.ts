import type pg from 'pg';
import type { StatisticsGroup, StatisticsInterval, StatisticsKey, StatisticsOrder } from '@ringback/contracts';
import { inTransaction } from '@ringback/service-runtime';
import { DAYS, HOURS, MINUTES, SIXTEEN_DAYS, type RollupTable } from '../schema/rollup-tables.js';
import { groupRecent, readPartials, type RecentTally } from './read-partials.js';
import { RANKED_BY, readRollups, type RollupQuestion } from './read-rollups.js';
import type { Dimension, StatisticsFilter } from './statistics-filter.js';
import { Sum } from './sum.js';
import { readProgress, type SummingProgress } from './summing-progress.js';
import { isUtc, type TimeBuckets } from './time-buckets.js';
import { COUNTERS } from './tally.js';
import { tilesOf } from './tiles.js';

/**
 * Plans of a few ms are not worth compiling. A month of 10,000 callbacks is summed without touching the disk: the planner counts 8 kB for each
 * merged histogram, of which 1 is used. Workers of a parallel plan each have a part of every callback: that took twice the CPU, and no less time.
 */
const SETTINGS = `
  set transaction isolation level repeatable read read only;
  set local jit = off;
  set local work_mem = '32MB';
  set local hash_mem_multiplier = 8;
  set local max_parallel_workers_per_gather = 0`;

const STATUSES = ['delivered', 'exhausted', 'cancelled'] as const;

export interface StatisticsQuestion {
  readonly buckets: TimeBuckets;
  readonly interval: StatisticsInterval;
  readonly timezone: string;
  readonly groupBy: Dimension | 'status' | 'none';
  readonly filter: StatisticsFilter;
  readonly order: StatisticsOrder;
  readonly limit: number;
}

export interface StatisticsFound {
  readonly totals: StatisticsGroup['totals'];
  readonly groups: StatisticsGroup[];
  readonly hasMoreGroups: boolean;
}

/** A group on its way into an answer. */
interface Group {
  readonly key: number | string;
  readonly offerId: number;
  readonly affiliateId: number;
  readonly sum: Sum;
  readonly series: Sum[];
}

/**
 * Answers from the sums, and from what is not summed yet, as of one moment. Which groups come first is found with the fewest rows; the
 * series is read of those alone.
 */
export class StatisticsReadModel {
  constructor(private readonly options: { readonly pool: pg.Pool; readonly now: () => number }) {}

  /** By which what is recorded is counted. */
  now(): number {
    return this.options.now();
  }

  read(question: StatisticsQuestion): Promise<StatisticsFound> {
    return inTransaction(this.options.pool, async (client) => {
      await client.query(SETTINGS);
      const progress = await readProgress(client);
      const recent = await readPartials(client, question.buckets, question.filter);
      return new Reading(client, question, progress, recent).answer();
    });
  }
}

/** One question on one snapshot. */
class Reading {
  constructor(
    private readonly client: pg.ClientBase,
    private readonly question: StatisticsQuestion,
    private readonly progress: SummingProgress,
    /** Not in the sums yet. */
    private readonly recent: readonly RecentTally[],
  ) {}

  async answer(): Promise<StatisticsFound> {
    const { groupBy } = this.question;
    const everything = await this.#groups(null, null);
    const all = everything[0] ?? { key: '', offerId: 0, affiliateId: 0, sum: new Sum(), series: this.#emptySeries() };
    const totals = all.sum.figures();
    if (groupBy === 'none') return { totals, groups: [shown(all, {})], hasMoreGroups: false };
    if (groupBy === 'status') return { totals, groups: byStatus(all), hasMoreGroups: false };
    const ranked = await this.#rank(groupBy);
    const chosen = ranked.slice(0, this.question.limit);
    const groups = chosen.length === 0 ? [] : await this.#groups(groupBy, chosen);
    const place = new Map(chosen.map((key, index) => [key, index]));
    groups.sort((a, b) => place.get(a.key)! - place.get(b.key)!);
    return { totals, groups: groups.map((group) => shown(group, keyShown(group, groupBy))), hasMoreGroups: ranked.length > chosen.length };
  }

  /** @returns the keys of the first groups in the order asked for, one more than asked for where there are more. */
  async #rank(dimension: Dimension): Promise<(number | string)[]> {
    const { order, limit } = this.question;
    const recents = groupRecent(this.recent, dimension, []);
    // What is not summed yet only adds to counts: whoever comes first with it came first without it, or is in it.
    const top = order === 'slowest' ? null : { order, limit: limit + 1, orKeys: [...recents.keys()] };
    const histograms = order === 'slowest' ? (['duration'] as const) : [];
    const rows = await this.#sums({ dimension, keys: null, startsMs: [], counters: RANKED_BY[order], histograms, top });
    const sums = new Map(rows.map((row) => [row.key, new Sum().add(row.counters, row.latency, row.duration)]));
    for (const [key, { byBucket }] of recents) {
      const sum = sums.get(key) ?? new Sum();
      for (const recent of byBucket.values()) sum.addSum(recent);
      sums.set(key, sum);
    }
    const ranks = Array.from(sums, ([key, sum]) => ({ key, rank: rankOf(sum, order) }));
    ranks.sort((a, b) => b.rank[0] - a.rank[0] || b.rank[1] - a.rank[1] || (a.key < b.key ? -1 : 1));
    return ranks.slice(0, limit + 1).map(({ key }) => key);
  }

  /** @returns the groups with their series; without a dimension the one group of all, if there is anything. */
  async #groups(dimension: Dimension | null, keys: readonly (number | string)[] | null): Promise<Group[]> {
    const { groupBy, buckets } = this.question;
    // Of all together, beside groups, only the sum is shown.
    const hasSeries = dimension !== null || groupBy === 'none' || groupBy === 'status';
    const startsMs = hasSeries ? buckets.startsMs : [];
    const groups = new Map<number | string, Group>();
    const groupOf = (key: number | string, whose: { offerId: number; affiliateId: number }) => {
      let group = groups.get(key);
      if (group === undefined) {
        const { offerId, affiliateId } = whose;
        group = { key, offerId, affiliateId, sum: new Sum(), series: hasSeries ? this.#emptySeries() : [] };
        groups.set(key, group);
      }
      return group;
    };
    const histograms = ['latency', 'duration'] as const;
    for (const row of await this.#sums({ dimension, keys, startsMs, counters: COUNTERS, histograms, top: null })) {
      const group = groupOf(row.key, row);
      group.sum.add(row.counters, row.latency, row.duration);
      group.series[row.bucket]?.add(row.counters, row.latency, row.duration);
    }
    const recents = groupRecent(this.recent, dimension, startsMs);
    for (const key of keys ?? recents.keys()) {
      const recent = recents.get(key);
      if (recent === undefined) continue;
      const group = groupOf(key, recent);
      for (const [bucket, sum] of recent.byBucket) {
        group.sum.addSum(sum);
        group.series[bucket]?.addSum(sum);
      }
    }
    return [...groups.values()];
  }

  #sums(question: Omit<RollupQuestion, 'tiles' | 'filter'>) {
    const { buckets, interval, timezone, filter } = this.question;
    const coarsest = question.startsMs.length === 0 ? SIXTEEN_DAYS : coarsestOf(interval, timezone);
    const tiles = tilesOf(buckets.fromMs, buckets.toMs, coarsest, this.progress);
    return readRollups(this.client, { ...question, filter, tiles });
  }

  #emptySeries(): Sum[] {
    return this.question.buckets.startsMs.map(() => new Sum());
  }
}

/** @returns the longest stretches that a bucket of the interval is made of. */
function coarsestOf(interval: StatisticsInterval, timezone: string): RollupTable {
  switch (interval) {
    case 'minute':
      return MINUTES;
    case 'hour':
      return HOURS;
    case 'day':
      return isUtc(timezone) ? DAYS : HOURS;
    case 'none':
      return SIXTEEN_DAYS;
  }
}

/** The order of `read-rollups.ts`, by the counters that it names. */
function rankOf(sum: Sum, order: StatisticsOrder): [number, number] {
  switch (order) {
    case 'count':
      return [sum.settled, sum.attempts];
    case 'failures':
      return [sum.failedAttempts, sum.exhausted];
    case 'slowest':
      return [sum.slowMs, sum.attempts];
  }
}

function keyShown({ key, offerId, affiliateId }: Group, dimension: Dimension): StatisticsKey {
  switch (dimension) {
    case 'offer':
      return { offerId: key as number };
    case 'affiliate':
      return { affiliateId: key as number };
    case 'callback':
      return { callbackId: key as number, offerId, affiliateId };
    case 'destination':
      return { destination: key === '' ? null : (key as string) };
  }
}

function byStatus(all: Group): StatisticsGroup[] {
  return STATUSES.map((status) => ({
    key: { status },
    totals: all.sum.ofStatus(status).figures(),
    series: all.series.map((sum) => sum.ofStatus(status).figures()),
  }));
}

function shown({ sum, series }: Group, key: StatisticsKey): StatisticsGroup {
  return { key, totals: sum.figures(), series: series.map((one) => one.figures()) };
}
