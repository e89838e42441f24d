import type pg from 'pg';
import { countBatch, type NewlyCounted } from './count-batch.js';
import { packPartial } from './pack-partial.js';

const INSERT_PARTIAL = `
  insert into dispatcher.statistics_partial (at, entries, packed) values (to_timestamp($1::float8 / 1000), $2::integer, $3::bytea)`;

/**
 * Appends what a batch adds to the statistics, inside the transaction that records it: it counts if, and only if, it is recorded.
 * @param nowMs when it is recorded, as the log says: the minute that it counts in
 */
export async function insertPartial(client: pg.ClientBase, counted: NewlyCounted, nowMs: number): Promise<void> {
  const tallies = countBatch(counted);
  if (tallies.length === 0) return;
  await client.query({ name: 'insert-partial', text: INSERT_PARTIAL, values: [nowMs, tallies.length, packPartial(tallies)] });
}
