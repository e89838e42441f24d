import type pg from 'pg';
import { FOUND_OUTCOMES } from './redeliveries/redelivery-row.js';

/** What waits is counted up to here: some 20 ms of PostgreSQL's time. */
export const MAX_COUNTED_BACKLOG = 100_000;
/** PostgreSQL is asked no more than this often, in ms, whoever scrapes how often … */
const KEPT_MS = 60_000;
/** … and while nothing is recorded and nothing waits, no more than this, so that an idle process stays below a statement a second. */
const IDLE_KEPT_MS = 10 * 60_000;

const READ = `
  with counted as (select due_at, leased_until from dispatcher.parked limit ${MAX_COUNTED_BACKLOG}),
  job as (select id, state, total from dispatcher.redelivery where finished_at is null)
  select (select count(*) from counted)::integer as parked,
    (select count(*) from counted where due_at <= to_timestamp($1::float8 / 1000) and leased_until is null)::integer as due,
    (select count(*) from job where state = 'running')::integer as running,
    (select count(*) from job where state = 'paused')::integer as paused,
    (select count(*) from job where state = 'cancelled')::integer as cancelled,
    (select coalesce(sum(greatest(0, total - coalesce((
       select sum(count) from dispatcher.redelivery_count where redelivery_id = job.id and outcome = any($2::text[])), 0))), 0)
     from job)::float8 as left_to_send,
    (select coalesce(extract(epoch from to_timestamp($1::float8 / 1000) - min(at)), 0) from dispatcher.statistics_partial)::float8 as partials_s,
    (select extract(epoch from to_timestamp($1::float8 / 1000) - hours_through) from dispatcher.statistics_progress)::float8 as hours_s`;

/** What waits in PostgreSQL, over all dispatchers. */
export interface BacklogCounts {
  /** Deliveries, counted up to {@link MAX_COUNTED_BACKLOG}. */
  readonly parked: number;
  /** Of these, those whose time has come and that nobody has claimed. */
  readonly due: number;
  readonly redeliveries: { readonly running: number; readonly paused: number; readonly cancelled: number };
  /** Deliveries that unfinished redeliveries have not given out yet. */
  readonly redeliveriesLeft: number;
  /** How old the oldest tally is that is not summed to its minute yet, in s. */
  readonly tallyAgeS: number;
  /** How long ago the last hour ended that is summed, in s. */
  readonly hoursBehindS: number;
}

export interface BacklogOptions {
  readonly pool: pg.Pool;
  /** What this process has recorded since its start. */
  readonly recorded: () => number;
  /** Whether others may have parked something, or asked for a redelivery: known from the look that is made anyway. */
  readonly mayWait: () => boolean;
  readonly now: () => number;
  readonly monotonic?: () => number;
}

/** Reads for metrics what only PostgreSQL knows, as rarely as will do. */
export class Backlog {
  #counts: BacklogCounts | null = null;
  #reading: Promise<void> | null = null;
  #readAtMs = -Infinity;
  #recordedBefore = -1;

  constructor(private readonly options: BacklogOptions) {}

  /** @returns what was found last; null before the first answer. While PostgreSQL is away that is old, and that it is away is told elsewhere. */
  async read(): Promise<BacklogCounts | null> {
    const { recorded, mayWait, monotonic = () => performance.now() } = this.options;
    const isIdle = this.#isEmpty && !mayWait() && recorded() === this.#recordedBefore;
    if (monotonic() - this.#readAtMs >= (isIdle ? IDLE_KEPT_MS : KEPT_MS)) {
      this.#readAtMs = monotonic();
      this.#recordedBefore = recorded();
      this.#reading = this.#ask();
    }
    await this.#reading;
    return this.#counts;
  }

  get #isEmpty(): boolean {
    if (this.#counts === null) return false;
    const { parked, redeliveries, tallyAgeS } = this.#counts;
    return parked + redeliveries.running + redeliveries.paused + redeliveries.cancelled + tallyAgeS === 0;
  }

  async #ask(): Promise<void> {
    const { pool, now } = this.options;
    const answer = await pool
      .query<Record<string, number>>({ name: 'read-backlog', text: READ, values: [now(), FOUND_OUTCOMES] })
      .catch(() => null);
    if (answer === null) return;
    const row = answer.rows[0]!;
    this.#counts = {
      parked: row['parked']!,
      due: row['due']!,
      redeliveries: { running: row['running']!, paused: row['paused']!, cancelled: row['cancelled']! },
      redeliveriesLeft: row['left_to_send']!,
      tallyAgeS: Math.max(0, row['partials_s']!),
      hoursBehindS: Math.max(0, row['hours_s'] ?? 0),
    };
  }
}
