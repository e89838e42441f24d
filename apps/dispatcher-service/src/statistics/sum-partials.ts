import type pg from 'pg';
import { inTransaction } from '@ringback/service-runtime';
import { ROLLUP_TABLES, type RollupTable } from '../schema/rollup-tables.js';
import { Breather } from './breather.js';
import { unpackPartial } from './pack-partial.js';
import { Rollup } from './rollup.js';
import { lockProgress, summedThroughMs, type SummingProgress } from './summing-progress.js';
import type { Tally } from './tally.js';
import { keptSinceMs } from './kept-since.js';
import { upsertRollups } from './upsert-rollups.js';

/** Batches summed in one transaction: 50,000 tallies at most, mostly far fewer. */
const MAX_PARTIALS = 100;

const TAKE = `
  delete from dispatcher.statistics_partial
  where id in (select id from dispatcher.statistics_partial order by id limit ${MAX_PARTIALS})
  returning extract(epoch from at)::float8 * 1000 as at_ms, packed`;

/**
 * Moves what batches added into the sums of its minute, and of the hour and the days where these are summed already: in one transaction, so
 * that it counts once whatever dies when.
 * @returns batches moved; 0 when there are none, or another process is at it.
 */
export async function sumPartials(pool: pg.Pool, nowMs: number): Promise<number> {
  return inTransaction(pool, async (client) => {
    const progress = await lockProgress(client);
    if (progress === null) return 0;
    const { rows } = await client.query<{ at_ms: number; packed: Buffer }>({ name: 'take-partials', text: TAKE });
    if (rows.length === 0) return 0;
    const sums = ROLLUP_TABLES.map((table) => new Sums(table));
    const breather = new Breather();
    for (const { at_ms: atMs, packed } of rows) {
      const into = sums.filter(({ table }) => isAddedTo(table, atMs, progress, nowMs));
      for (const tally of unpackPartial(packed)) for (const sum of into) sum.add(atMs, tally);
      await breather.pause();
    }
    for (const sum of sums) await sum.save(client);
    return rows.length;
  });
}

/** Whether what was recorded at a time is added to a table: late news of an hour that is summed already goes into its sum too. */
function isAddedTo(table: RollupTable, atMs: number, progress: SummingProgress, nowMs: number): boolean {
  return atMs < summedThroughMs(table, progress) && atMs >= keptSinceMs(table, progress, nowMs);
}

/** Sums by the buckets of one table. */
class Sums {
  readonly #rollups = new Map<number, Rollup>();

  constructor(readonly table: RollupTable) {}

  add(atMs: number, tally: Tally): void {
    const bucketMs = Math.floor(atMs / this.table.bucketMs) * this.table.bucketMs;
    let rollup = this.#rollups.get(bucketMs);
    if (rollup === undefined) this.#rollups.set(bucketMs, (rollup = new Rollup()));
    rollup.add(tally);
  }

  async save(client: pg.ClientBase): Promise<void> {
    for (const [atMs, rollup] of this.#rollups)
      await upsertRollups(
        client,
        this.table,
        rollup.allLevels().map((row) => ({ atMs, row })),
      );
  }
}
