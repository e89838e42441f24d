import type pg from 'pg';
import type { RollupTable } from '../schema/rollup-tables.js';
import { Histogram } from './histogram.js';
import type { RollupRow } from './rollup.js';
import { COUNTER_COLUMNS, COUNTERS } from './tally.js';

const ROWS_PER_STATEMENT = 1_000;

const COLUMNS = ['level', 'at', 'offer_id', 'affiliate_id', 'callback_id', 'destination', ...COUNTER_COLUMNS, 'latency', 'duration'];
const TYPES = [
  'dispatcher.statistics_level',
  'float8',
  'integer',
  'integer',
  'integer',
  'text',
  ...COUNTERS.map(() => 'bigint'),
  'bytea',
  'bytea',
];

/** A histogram's bytes put after another's are their sum's. */
const upsertSql = ({ name }: RollupTable) => `
  insert into dispatcher.${name} as rollup (${COLUMNS.join(', ')})
  select ${COLUMNS.map((column) => (column === 'at' ? 'to_timestamp(at / 1000)' : column)).join(', ')}
  from unnest(${TYPES.map((type, index) => `$${index + 1}::${type}[]`).join(', ')}) as more (${COLUMNS.join(', ')})
  on conflict (level, at, callback_id, offer_id, affiliate_id, destination) do update set
    ${COUNTER_COLUMNS.map((column) => `${column} = rollup.${column} + excluded.${column}`).join(', ')},
    latency = rollup.latency || excluded.latency, duration = rollup.duration || excluded.duration`;

export interface TimedRow {
  /** Start of its minute, hour or day, in ms. */
  readonly atMs: number;
  readonly row: RollupRow;
}

/**
 * Adds rows to a table, a part of them at a time, so that neither this process nor PostgreSQL is held up. To be called by whoever has
 * locked `statistics_progress`.
 */
export async function upsertRollups(client: pg.ClientBase, table: RollupTable, rows: readonly TimedRow[]): Promise<void> {
  for (let from = 0; from < rows.length; from += ROWS_PER_STATEMENT) {
    const part = rows.slice(from, from + ROWS_PER_STATEMENT);
    await client.query({
      name: `upsert-${table.name}`,
      text: upsertSql(table),
      values: [
        part.map(({ row }) => row.level),
        part.map(({ atMs }) => atMs),
        part.map(({ row }) => row.offerId),
        part.map(({ row }) => row.affiliateId),
        part.map(({ row }) => row.callbackId),
        part.map(({ row }) => row.destination),
        ...COUNTERS.map((_, index) => part.map(({ row }) => row.counters[index]!)),
        part.map(({ row }) => normalised(row.latency)),
        part.map(({ row }) => normalised(row.duration)),
      ],
    });
  }
}

const scratch = new Histogram();
/** Bytes below which it costs more to put a histogram in order than to store a bucket twice. */
const FEW_BYTES = 32;

/** @returns the bytes of the sum, each bucket once unless they are few. */
function normalised(histograms: readonly Uint8Array[]): Buffer {
  if (histograms.length <= FEW_BYTES / 2) {
    const bytes = Buffer.concat(histograms);
    if (bytes.length <= FEW_BYTES) return bytes;
  }
  scratch.clear();
  for (const bytes of histograms) scratch.add(bytes);
  return scratch.toBytes();
}
