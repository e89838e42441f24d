import type pg from 'pg';
import { DAYS, FOUR_DAYS, HOURS, SIXTEEN_DAYS, type RollupTable } from '../schema/rollup-tables.js';

const LOCK = `
  select extract(epoch from hours_through)::float8 * 1000 as hours_through_ms, extract(epoch from days_through)::float8 * 1000 as days_through_ms,
    extract(epoch from four_days_through)::float8 * 1000 as four_days_through_ms,
    extract(epoch from sixteen_days_through)::float8 * 1000 as sixteen_days_through_ms
  from dispatcher.statistics_progress for update skip locked`;

const READ = LOCK.replace(' for update skip locked', '');

const MOVE = `
  update dispatcher.statistics_progress
  set hours_through = to_timestamp($1::float8 / 1000), days_through = to_timestamp($2::float8 / 1000),
    four_days_through = to_timestamp($3::float8 / 1000), sixteen_days_through = to_timestamp($4::float8 / 1000)`;

/** How far sums have come: what is recorded later for a time before then is added to the sums of that time itself. */
export interface SummingProgress {
  readonly hoursThroughMs: number;
  readonly daysThroughMs: number;
  readonly fourDaysThroughMs: number;
  readonly sixteenDaysThroughMs: number;
}

interface ProgressRow {
  readonly hours_through_ms: number;
  readonly days_through_ms: number;
  readonly four_days_through_ms: number;
  readonly sixteen_days_through_ms: number;
}

/** Makes the caller the only one who sums, until its transaction ends. @returns null while another is */
export async function lockProgress(client: pg.ClientBase): Promise<SummingProgress | null> {
  const { rows } = await client.query<ProgressRow>({ name: 'lock-statistics', text: LOCK });
  return rows[0] === undefined ? null : progressOf(rows[0]);
}

export async function readProgress(client: pg.ClientBase | pg.Pool): Promise<SummingProgress> {
  const { rows } = await client.query<ProgressRow>({ name: 'read-statistics-progress', text: READ });
  return progressOf(rows[0]!);
}

/** @returns the time before which a table has its sums. Minutes have what is taken from the batches, whenever it was recorded. */
export function summedThroughMs(table: RollupTable, progress: SummingProgress): number {
  switch (table) {
    case HOURS:
      return progress.hoursThroughMs;
    case DAYS:
      return progress.daysThroughMs;
    case FOUR_DAYS:
      return progress.fourDaysThroughMs;
    case SIXTEEN_DAYS:
      return progress.sixteenDaysThroughMs;
    default:
      return Infinity;
  }
}

export async function moveProgressTo(client: pg.ClientBase, progress: SummingProgress): Promise<void> {
  const { hoursThroughMs, daysThroughMs, fourDaysThroughMs, sixteenDaysThroughMs } = progress;
  const values = [hoursThroughMs, daysThroughMs, fourDaysThroughMs, sixteenDaysThroughMs];
  await client.query({ name: 'move-statistics', text: MOVE, values });
}

function progressOf(row: ProgressRow): SummingProgress {
  return {
    hoursThroughMs: row.hours_through_ms,
    daysThroughMs: row.days_through_ms,
    fourDaysThroughMs: row.four_days_through_ms,
    sixteenDaysThroughMs: row.sixteen_days_through_ms,
  };
}
