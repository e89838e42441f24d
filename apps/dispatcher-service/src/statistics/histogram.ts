import { pushVarint, VarintReader } from './varint.js';

/** Each bucket reaches 1.1 times as far as the one below, so that its middle is within 4.8 % of all that falls into it. */
const GROWTH = 1.1;
const LOG_GROWTH = Math.log(GROWTH);
const SMALLEST_MS = 0.1;
/** A bucket's number is one byte: the last one ends at 41 days, and a delivery is given up long before (3 days of retries and 7 more). */
const BUCKETS = 256;
/** How far a percentile may be from the value it stands for, between 0.1 ms and 41 days. */
export const MAX_RELATIVE_ERROR = (GROWTH - 1) / (GROWTH + 1);

/** @returns the bucket of a time; what is shorter than 0.1 ms or longer than 41 days falls into the first or the last one. */
export function bucketOf(ms: number): number {
  if (!(ms > SMALLEST_MS)) return 0;
  return Math.min(BUCKETS - 1, Math.ceil(Math.log(ms / SMALLEST_MS) / LOG_GROWTH));
}

/** @returns the time that stands for a bucket, in ms. */
export function timeOf(bucket: number): number {
  return bucket === 0 ? SMALLEST_MS : (SMALLEST_MS * 2 * GROWTH ** bucket) / (GROWTH + 1);
}

/** @returns the bytes of a histogram of one time. */
export function pushBucket(bytes: number[], bucket: number): void {
  bytes.push(bucket, 1);
}

/**
 * Counts of times by bucket. Its bytes are pairs of a bucket (one byte) and a count (a varint), of the buckets that have any; a bucket may
 * stand there more than once. So bytes put one after the other are the bytes of the sum: PostgreSQL merges histograms by `||` and
 * `string_agg`, in any order.
 */
export class Histogram {
  readonly #counts = new Float64Array(BUCKETS);
  #count = 0;

  /** Times counted. */
  get count(): number {
    return this.#count;
  }

  clear(): this {
    this.#counts.fill(0);
    this.#count = 0;
    return this;
  }

  /** @throws {RangeError} for bytes that are no histogram's */
  add(bytes: Uint8Array): this {
    const reader = new VarintReader(bytes);
    while (!reader.isAtEnd) {
      const bucket = reader.byte();
      const count = reader.next();
      this.#counts[bucket]! += count;
      this.#count += count;
    }
    return this;
  }

  /** @returns its bytes, each bucket once, in order. */
  toBytes(): Buffer {
    const bytes: number[] = [];
    for (let bucket = 0; bucket < BUCKETS; bucket++) {
      const count = this.#counts[bucket]!;
      if (count === 0) continue;
      bytes.push(bucket);
      pushVarint(bytes, count);
    }
    return Buffer.from(bytes);
  }

  /**
   * @param share from 0 to 1: 0.5 for the median
   * @returns the nearest-rank percentile in ms, within {@link MAX_RELATIVE_ERROR}; null when nothing was counted.
   */
  percentile(share: number): number | null {
    if (this.#count === 0) return null;
    let left = Math.max(1, Math.ceil(share * this.#count));
    for (let bucket = 0; bucket < BUCKETS; bucket++) {
      left -= this.#counts[bucket]!;
      if (left <= 0) return timeOf(bucket);
    }
    throw new Error('a histogram has as many times as it counted');
  }
}
