import { DAY_MS } from '../schema/day-partitions.js';
import { ROLLUP_TABLES, type RollupTable } from '../schema/rollup-tables.js';
import { summedThroughMs, type SummingProgress } from './summing-progress.js';

/**
 * @returns since when a table's rows are kept: its days back from today, whole partitions, and what is not summed into the next table yet,
 * however old it is.
 */
export function keptSinceMs(table: RollupTable, progress: SummingProgress, nowMs: number): number {
  const next = ROLLUP_TABLES[ROLLUP_TABLES.indexOf(table) + 1];
  const keptMs = Math.min(nowMs - table.keptDays * DAY_MS, next === undefined ? Infinity : summedThroughMs(next, progress));
  const partitionMs = table.partitionDays * DAY_MS;
  return Math.floor(keptMs / partitionMs) * partitionMs;
}
