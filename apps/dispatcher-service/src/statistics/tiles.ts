import { DAYS, HOURS, MINUTES, type RollupTable } from '../schema/rollup-tables.js';
import type { SummingProgress } from './summing-progress.js';

/** A stretch of time and the table that has it summed. */
export interface Tile {
  readonly table: RollupTable;
  readonly fromMs: number;
  readonly toMs: number;
}

/**
 * Covers a range with the fewest rows: days where there are whole ones, hours beside them, minutes for what is not summed yet. No moment is
 * covered twice.
 * @param coarsest what a bucket of the question is made of: no tile is longer
 */
export function tilesOf(fromMs: number, toMs: number, coarsest: RollupTable, progress: SummingProgress): Tile[] {
  const tables = [DAYS, HOURS, MINUTES];
  return cover(fromMs, toMs, tables.slice(tables.indexOf(coarsest)), progress);
}

function cover(fromMs: number, toMs: number, [table, ...finer]: readonly RollupTable[], progress: SummingProgress): Tile[] {
  if (fromMs >= toMs || table === undefined) return [];
  if (finer.length === 0) return [{ table, fromMs, toMs }];
  const summedThroughMs = table === DAYS ? progress.daysThroughMs : progress.hoursThroughMs;
  const startMs = Math.ceil(fromMs / table.bucketMs) * table.bucketMs;
  const endMs = Math.min(Math.floor(toMs / table.bucketMs) * table.bucketMs, summedThroughMs);
  if (startMs >= endMs) return cover(fromMs, toMs, finer, progress);
  return [...cover(fromMs, startMs, finer, progress), { table, fromMs: startMs, toMs: endMs }, ...cover(endMs, toMs, finer, progress)];
}
