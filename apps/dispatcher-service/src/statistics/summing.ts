import type pg from 'pg';
import { isDatabaseAway, type JobWatch, type Logger } from '@ringback/service-runtime';
import { dropRollupPartitions, ensureRollupPartitions, HOURS, MINUTES, ROLLUP_TABLES } from '../schema/rollup-tables.js';
import { keptSinceMs } from './kept-since.js';
import { GRACE_MS, sumNextDay, sumNextFourDays, sumNextHour, sumNextSixteenDays } from './sum-rollups.js';
import { sumPartials } from './sum-partials.js';
import { readProgress, summedThroughMs } from './summing-progress.js';

/** How often there is a look at what is to be summed, in ms. */
const LOOK_EVERY_MS = 10_000;
/** While nothing is recorded here, only each twelfth: what one that died left behind is summed in two minutes, and shown before. */
const IDLE_LOOKS = 12;
/**
 * Tallies that wait before they are summed within their minute. A question reads those that wait itself (20,000 take some 10 ms); summing
 * them all the time would write the row of a busy callback six times a minute instead of once.
 */
const MAX_WAITING = 20_000;

const LOOK = `
  select coalesce(sum(entries), 0)::integer as entries, coalesce(extract(epoch from min(at)), 0)::float8 * 1000 as from_ms,
    coalesce(extract(epoch from max(at)), 0)::float8 * 1000 as to_ms
  from dispatcher.statistics_partial`;

export interface SummingOptions {
  readonly pool: pg.Pool;
  readonly logger: Logger;
  /** What this process has recorded since its start. */
  readonly recorded: () => number;
  /** Told of each turn, under `statistics`. */
  readonly jobs?: JobWatch | undefined;
  readonly onFatal: (error: unknown) => void;
  readonly now: () => number;
}

/**
 * Sums what the dispatchers' batches counted: to minutes, these to hours, these to days, these to four and to sixteen. Each dispatcher does it, one at a time: whoever
 * holds the progress row. Nothing is lost when it is late, and nothing counts twice when it dies.
 */
export class Summing {
  #timer: NodeJS.Timeout | null = null;
  #running: Promise<void> | null = null;
  #stopped = false;
  /** When hours are to be summed, and partitions to be seen to: once an hour, so that an idle process asks little. */
  #nextHourAtMs = -Infinity;
  #recordedBefore = -1;
  #isNothingLeft = false;
  #looksLeftOut = 0;

  constructor(private readonly options: SummingOptions) {}

  start(): void {
    if (this.#stopped) return;
    this.options.jobs?.expect('statistics');
    this.#timer = setInterval(() => this.#look(), LOOK_EVERY_MS);
    this.#run();
  }

  /** Resolves when the transaction under way has ended. */
  async stop(): Promise<void> {
    this.#stopped = true;
    if (this.#timer !== null) clearInterval(this.#timer);
    await this.#running;
  }

  /** Sums all that is to be summed by now, and makes and drops partitions. */
  async sum(): Promise<void> {
    await this.#sumPartials();
    const nowMs = this.options.now();
    if (nowMs < this.#nextHourAtMs) return;
    await this.#sumRollups();
    await this.#keepHouse();
    this.#nextHourAtMs = Math.floor(nowMs / HOURS.bucketMs) * HOURS.bucketMs + HOURS.bucketMs + GRACE_MS;
  }

  async #sumPartials(): Promise<void> {
    const { pool, now } = this.options;
    const { rows } = await pool.query<{ entries: number; from_ms: number; to_ms: number }>({ name: 'look-at-partials', text: LOOK });
    const { entries, from_ms: fromMs, to_ms: toMs } = rows[0]!;
    this.#isNothingLeft = entries === 0;
    const isMinuteOver = Math.floor(fromMs / MINUTES.bucketMs) < Math.floor(now() / MINUTES.bucketMs);
    if (entries === 0 || (entries < MAX_WAITING && !isMinuteOver)) return;
    await this.#makePartitions(fromMs, toMs);
    while (!this.#stopped && (await sumPartials(pool, now())) > 0);
  }

  async #sumRollups(): Promise<void> {
    const { pool, now } = this.options;
    await this.#makePartitions(now(), now());
    while (!this.#stopped && (await sumNextHour(pool, now())));
    while (!this.#stopped && (await sumNextDay(pool)));
    // Where they are new, a year of days is there: what is counted meanwhile does not wait for it.
    while (!this.#stopped && (await sumNextFourDays(pool))) await this.#sumPartials();
    while (!this.#stopped && (await sumNextSixteenDays(pool))) await this.#sumPartials();
  }

  /** Drops the partitions that are over. */
  async #keepHouse(): Promise<void> {
    const { pool } = this.options;
    const nowMs = this.options.now();
    const progress = await readProgress(pool);
    const client = await pool.connect();
    try {
      for (const table of ROLLUP_TABLES) await dropRollupPartitions(client, table, keptSinceMs(table, progress, nowMs));
    } finally {
      client.release();
    }
  }

  #look(): void {
    const recorded = this.options.recorded();
    const isIdle = this.#isNothingLeft && recorded === this.#recordedBefore;
    this.#recordedBefore = recorded;
    if (isIdle && ++this.#looksLeftOut < IDLE_LOOKS) return;
    this.#looksLeftOut = 0;
    this.#run();
  }

  #run(): void {
    this.#running ??= this.sum()
      .then(() => this.options.jobs?.succeeded('statistics'))
      .catch((error: unknown) => {
        this.options.jobs?.failed('statistics');
        if (isDatabaseAway(error)) this.options.logger.debug({ error }, 'statistics wait for PostgreSQL');
        else this.options.onFatal(error);
      })
      .finally(() => (this.#running = null));
  }

  async #makePartitions(fromMs: number, toMs: number): Promise<void> {
    const { pool, now } = this.options;
    const progress = await readProgress(pool);
    for (const table of ROLLUP_TABLES) {
      const keptMs = keptSinceMs(table, progress, now());
      const firstMs = Math.max(keptMs, Math.min(fromMs, summedThroughMs(table, progress)));
      await ensureRollupPartitions(pool, table, firstMs, Math.max(toMs, now()));
    }
  }
}
