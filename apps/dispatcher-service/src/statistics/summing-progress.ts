import type pg from 'pg';

const LOCK = `
  select extract(epoch from hours_through)::float8 * 1000 as hours_through_ms, extract(epoch from days_through)::float8 * 1000 as days_through_ms
  from dispatcher.statistics_progress for update skip locked`;

const READ = LOCK.replace(' for update skip locked', '');

const MOVE = `
  update dispatcher.statistics_progress
  set hours_through = to_timestamp($1::float8 / 1000), days_through = to_timestamp($2::float8 / 1000)`;

/** How far sums have come: what is recorded later for a time before then is added to the hour, or the day, itself. */
export interface SummingProgress {
  readonly hoursThroughMs: number;
  readonly daysThroughMs: number;
}

interface ProgressRow {
  readonly hours_through_ms: number;
  readonly days_through_ms: number;
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

export async function moveProgressTo(client: pg.ClientBase, { hoursThroughMs, daysThroughMs }: SummingProgress): Promise<void> {
  await client.query({ name: 'move-statistics', text: MOVE, values: [hoursThroughMs, daysThroughMs] });
}

function progressOf(row: ProgressRow): SummingProgress {
  return { hoursThroughMs: row.hours_through_ms, daysThroughMs: row.days_through_ms };
}
