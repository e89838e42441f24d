import { DAY_MS } from '../schema/day-partitions.js';
import { DAYS, HOURS, MINUTES, type RollupTable } from '../schema/rollup-tables.js';
import type { SummingProgress } from './summing-progress.js';

/**
 * @returns since when a table's rows are kept: its days back from today, whole partitions, and what is not summed into the next table yet,
 * however old it is.
 */
export function keptSinceMs(table: RollupTable, { hoursThroughMs, daysThroughMs }: SummingProgress, nowMs: number): number {
  const summedThroughMs = { [MINUTES.name]: hoursThroughMs, [HOURS.name]: daysThroughMs, [DAYS.name]: Infinity }[table.name]!;
  const keptMs = Math.min(nowMs - table.keptDays * DAY_MS, summedThroughMs);
  const partitionMs = table.partitionDays * DAY_MS;
  return Math.floor(keptMs / partitionMs) * partitionMs;
}
