import { ROLLUP_TABLES, type RollupTable } from '../schema/rollup-tables.js';
import { summedThroughMs, type SummingProgress } from './summing-progress.js';

/** A stretch of time and the table that has it summed. */
export interface Tile {
  readonly table: RollupTable;
  readonly fromMs: number;
  readonly toMs: number;
}

/**
 * Covers a range with the fewest rows: the longest buckets where there are whole ones, shorter ones beside them, minutes for what is not summed
 * yet. No moment is covered twice.
 * @param coarsest what a bucket of the question is made of: no tile is longer
 */
export function tilesOf(fromMs: number, toMs: number, coarsest: RollupTable, progress: SummingProgress): Tile[] {
  return cover(fromMs, toMs, ROLLUP_TABLES.slice(0, ROLLUP_TABLES.indexOf(coarsest) + 1).reverse(), progress);
}

function cover(fromMs: number, toMs: number, [table, ...finer]: readonly RollupTable[], progress: SummingProgress): Tile[] {
  if (fromMs >= toMs || table === undefined) return [];
  if (finer.length === 0) return [{ table, fromMs, toMs }];
  const startMs = Math.ceil(fromMs / table.bucketMs) * table.bucketMs;
  const endMs = Math.min(Math.floor(toMs / table.bucketMs) * table.bucketMs, summedThroughMs(table, progress));
  if (startMs >= endMs) return cover(fromMs, toMs, finer, progress);
  return [...cover(fromMs, startMs, finer, progress), { table, fromMs: startMs, toMs: endMs }, ...cover(endMs, toMs, finer, progress)];
}
