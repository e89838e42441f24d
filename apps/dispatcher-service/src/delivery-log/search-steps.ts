import type pg from 'pg';
import { deliveryIdFloor, deliveryRecordedAt } from '@ringback/contracts';
import { canBeSifted, isIndexed, type DeliveryFilter } from './delivery-filter.js';
import type { Found, IdRange } from './found.js';
import { readWithin } from './read-within.js';
import { SIFT_SETTINGS, siftLog } from './sift-log.js';
import { walkLog } from './walk-log.js';

/** Rows looked at by the first statement of a search: by one that nearly every row matches, that an index leads to, by any other. */
const DENSE_CHUNK_ROWS = 250;
const INDEXED_CHUNK_ROWS = 500;
const FIRST_CHUNK_ROWS = 2_000;
const MAX_CHUNK_ROWS = 16_000;
/** Below one match in so many rows, most parts of the log (350 rows) have none, and the sieve tells which. */
const SPARSE_ROWS = 1_000;
/** What the first sifting looks through. */
const FIRST_SIFTED_ROWS = 100_000;
const MIN_WINDOW_MS = 60_000;
/** A statement that took less is followed by one that looks at four times as much, one that took three times this by less; in ms. */
const QUICK_MS = 20;
const GROWTH = 4;

/** Looks through the log from new to old, each step as far as the last one lets expect to be quick. */
export class SearchSteps {
  #chunkRows: number;
  #windowMs = 0;
  #walked = 0;
  #matched = 0;

  constructor(
    private readonly pool: pg.Pool,
    private readonly filter: DeliveryFilter,
    private readonly nowMs: number,
  ) {
    this.#chunkRows = !canBeSifted(filter) ? DENSE_CHUNK_ROWS : isIndexed(filter) ? INDEXED_CHUNK_ROWS : FIRST_CHUNK_ROWS;
  }

  /** @returns what the next step found in the upper part of the range; null when `timeoutMs` were too few for it */
  async next(range: IdRange, maxRows: number, timeoutMs: number): Promise<Found | null> {
    const isSparse = canBeSifted(this.filter) && this.#walked > 0 && this.#matched * SPARSE_ROWS < this.#walked;
    const startedAt = performance.now();
    const found = isSparse ? await this.#sift(range, maxRows, timeoutMs) : await this.#walk(range, maxRows, timeoutMs);
    const growth = growthAfter(performance.now() - startedAt);
    if (isSparse) this.#windowMs = Math.max(MIN_WINDOW_MS, this.#windowMs * growth);
    else this.#chunkRows = Math.max(DENSE_CHUNK_ROWS, Math.min(MAX_CHUNK_ROWS, this.#chunkRows * growth));
    return found;
  }

  /** A step that ends, however little can be done: a few rows by the primary key, and nothing left to the planner. */
  async least(range: IdRange, maxRows: number): Promise<Found> {
    const found = await walkLog(readWithin(this.pool, null), this.filter, range, maxRows, DENSE_CHUNK_ROWS, true);
    if (found === null) throw new Error('PostgreSQL cancels statements that look at 250 rows: its load must be looked into');
    return found;
  }

  async #walk(range: IdRange, maxRows: number, timeoutMs: number): Promise<Found | null> {
    const found = await walkLog(readWithin(this.pool, timeoutMs), this.filter, range, maxRows, this.#chunkRows);
    this.#walked += this.#chunkRows;
    this.#matched += found?.rows.length ?? 0;
    if (found !== null && found.floor !== null) {
      const walkedMs = Math.min(this.nowMs, deliveryRecordedAt(range.below)) - deliveryRecordedAt(found.floor);
      this.#windowMs = Math.max(MIN_WINDOW_MS, walkedMs * (FIRST_SIFTED_ROWS / this.#chunkRows));
    }
    return found;
  }

  async #sift({ lowest, below }: IdRange, maxRows: number, timeoutMs: number): Promise<Found | null> {
    const windowFrom = deliveryIdFloor(Math.max(0, Math.floor(deliveryRecordedAt(below) - this.#windowMs)));
    const isLast = windowFrom <= lowest;
    const range = { lowest: isLast ? lowest : windowFrom, below };
    const found = await siftLog(readWithin(this.pool, timeoutMs, SIFT_SETTINGS), this.filter, range, maxRows);
    return found === null || found.floor !== null || isLast ? found : { rows: found.rows, floor: windowFrom };
  }
}

function growthAfter(tookMs: number): number {
  if (tookMs < QUICK_MS) return GROWTH;
  return tookMs < 3 * QUICK_MS ? 1 : 1 / GROWTH;
}
