import type pg from 'pg';
import { inTransaction } from '@ringback/service-runtime';
import { DAYS, FOUR_DAYS, HOURS, MINUTES, SIXTEEN_DAYS, type RollupTable } from '../schema/rollup-tables.js';
import type { Level } from './rollup.js';
import { lockProgress, moveProgressTo, type SummingProgress } from './summing-progress.js';
import { COUNTER_COLUMNS } from './tally.js';
import { upsertRollups, type TimedRow } from './upsert-rollups.js';

/** After its end an hour gets this long for what was recorded in it and is not summed yet, in ms. More would come late, and be counted too. */
export const GRACE_MS = 2 * 60_000;
/**
 * How long after the end of four days they are summed, in ms: what is late for them is there by then. A dispatcher of a version before, which may
 * run beside this one while versions change, adds late news to days alone.
 */
const SEVERAL_DAYS_GRACE_MS = DAYS.bucketMs;
const ROWS_PER_FETCH = 1_000;
const KEY = 'level, callback_id, offer_id, affiliate_id, destination';

const sumsSql = ({ name }: RollupTable) => `
  declare sums no scroll cursor for
  select ${KEY}, ${COUNTER_COLUMNS.map((column) => `sum(${column})::float8 as ${column}`).join(', ')},
    string_agg(latency, ''::bytea) as latency, string_agg(duration, ''::bytea) as duration
  from dispatcher.${name}
  where at >= to_timestamp($1::float8 / 1000) and at < to_timestamp($2::float8 / 1000)
  group by ${KEY}`;

type SumRow = Record<string, number> & {
  readonly level: Level;
  readonly destination: string;
  readonly latency: Buffer;
  readonly duration: Buffer;
};

/**
 * Sums the next hour that is over and was not summed yet: its rows and the progress in one transaction.
 * @returns false when there is none, or another process is at it.
 */
export async function sumNextHour(pool: pg.Pool, nowMs: number): Promise<boolean> {
  return sumNext(pool, MINUTES, HOURS, 'hoursThroughMs', () => nowMs - GRACE_MS);
}

/** As {@link sumNextHour}, of hours that are all summed. */
export async function sumNextDay(pool: pg.Pool): Promise<boolean> {
  return sumNext(pool, HOURS, DAYS, 'daysThroughMs', ({ hoursThroughMs }) => hoursThroughMs);
}

/** As {@link sumNextHour}, of days that are all summed, the last of them {@link SEVERAL_DAYS_GRACE_MS} ago. */
export async function sumNextFourDays(pool: pg.Pool): Promise<boolean> {
  return sumNext(pool, DAYS, FOUR_DAYS, 'fourDaysThroughMs', ({ daysThroughMs }) => daysThroughMs - SEVERAL_DAYS_GRACE_MS);
}

/** As {@link sumNextHour}, of four days each. */
export async function sumNextSixteenDays(pool: pg.Pool): Promise<boolean> {
  return sumNext(pool, FOUR_DAYS, SIXTEEN_DAYS, 'sixteenDaysThroughMs', ({ fourDaysThroughMs }) => fourDaysThroughMs);
}

/** @param endOf the time before which all that is summed `from` is there */
async function sumNext(
  pool: pg.Pool,
  from: RollupTable,
  into: RollupTable,
  through: keyof SummingProgress,
  endOf: (progress: SummingProgress) => number,
): Promise<boolean> {
  return inTransaction(pool, async (client) => {
    const progress = await lockProgress(client);
    if (progress === null) return false;
    const endMs = endOf(progress);
    const fromMs = await firstFrom(client, from, progress[through], into.bucketMs);
    const isOver = fromMs !== null && fromMs + into.bucketMs <= endMs;
    const throughMs = isOver ? fromMs + into.bucketMs : Math.floor(endMs / into.bucketMs) * into.bucketMs;
    if (throughMs <= progress[through]) return false;
    if (isOver) await sum(client, from, into, fromMs);
    await moveProgressTo(client, { ...progress, [through]: throughMs });
    return true;
  });
}

/** Part by part, so that an hour of 100,000 callbacks is never in memory as a whole. */
async function sum(client: pg.ClientBase, from: RollupTable, into: RollupTable, atMs: number): Promise<void> {
  // A cursor takes no parameters over the extended protocol's own limits; these are numbers of ours.
  await client.query(
    sumsSql(from)
      .replace('$1', String(atMs))
      .replace('$2', String(atMs + into.bucketMs)),
  );
  for (;;) {
    const { rows } = await client.query<SumRow>(`fetch ${ROWS_PER_FETCH} from sums`);
    if (rows.length === 0) break;
    await upsertRollups(
      client,
      into,
      rows.map((row) => timedRow(atMs, row)),
    );
  }
  await client.query('close sums');
}

function timedRow(atMs: number, row: SumRow): TimedRow {
  return {
    atMs,
    row: {
      level: row.level,
      offerId: row['offer_id']!,
      affiliateId: row['affiliate_id']!,
      callbackId: row['callback_id']!,
      destination: row.destination,
      counters: COUNTER_COLUMNS.map((column) => row[column]!),
      latency: [row.latency],
      duration: [row.duration],
    },
  };
}

/** @returns the start of the first bucket, of `bucketMs`, that has anything from a time on; null when none has. */
async function firstFrom(client: pg.ClientBase, { name }: RollupTable, fromMs: number, bucketMs: number): Promise<number | null> {
  const { rows } = await client.query<{ at_ms: number | null }>(
    `select extract(epoch from min(at))::float8 * 1000 as at_ms from dispatcher.${name}
     where level = 'all' and at >= to_timestamp($1::float8 / 1000)`,
    [fromMs],
  );
  const atMs = rows[0]!.at_ms;
  return atMs === null ? null : Math.floor(atMs / bucketMs) * bucketMs;
}
