/** @returns the middle value; of an even count, the mean of the two in the middle. NaN of none. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

export interface Percentiles {
  readonly count: number;
  readonly p50: number;
  readonly p90: number;
  readonly p95: number;
  readonly p99: number;
  readonly max: number;
}

/** Percentiles by nearest rank: each is a value that was measured. NaN of none. */
export function percentiles(values: Iterable<number>): Percentiles {
  const sorted = Float64Array.from(values).sort();
  const rank = (share: number) => (sorted.length === 0 ? Number.NaN : sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)]!);
  return { count: sorted.length, p50: rank(0.5), p90: rank(0.9), p95: rank(0.95), p99: rank(0.99), max: rank(1) };
}

/** @returns a source of numbers in [0, 1) that gives the same ones for the same seed (mulberry32). */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** Of the normal distribution: 99 % lie below its mean plus this many deviations. */
const Z99 = 2.326;

/** @returns a source of log-normal numbers with the given median and 99th percentile, the longest cut off at three times the latter. */
export function logNormal(p50: number, p99: number, random: () => number): () => number {
  const sigma = Math.log(p99 / p50) / Z99;
  return () => {
    // Box and Muller (1958).
    const z = Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
    return Math.min(3 * p99, p50 * Math.exp(sigma * z));
  };
}
