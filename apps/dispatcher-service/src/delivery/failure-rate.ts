/** Failures are weighed over this time, and the same again before it, in ms. */
const HALF_WINDOW_MS = 10_000;

/** When a breaker opens: at least so many failures of late, and so large a share of all. */
export interface Threshold {
  readonly minFailures: number;
  readonly minShare: number;
}

interface Counts {
  since: number;
  failures: number;
  successes: number;
  failuresBefore: number;
  successesBefore: number;
}

/** Which keys (destinations, callbacks) fail too much of late. Holds only keys that failed lately, so where all is well it costs a look. */
export class FailureRate<Key> {
  readonly #counts = new Map<Key, Counts>();

  constructor(private readonly threshold: Threshold) {}

  succeeded(key: Key, nowMs: number): void {
    const counts = this.#counts.get(key);
    if (counts === undefined) return;
    turn(counts, nowMs);
    if (counts.failures + counts.failuresBefore === 0) this.#counts.delete(key);
    else counts.successes++;
  }

  /** @returns whether it is too much now. */
  failed(key: Key, nowMs: number): boolean {
    let counts = this.#counts.get(key);
    if (counts === undefined) {
      counts = { since: nowMs, failures: 0, successes: 0, failuresBefore: 0, successesBefore: 0 };
      this.#counts.set(key, counts);
    }
    turn(counts, nowMs);
    counts.failures++;
    const failures = counts.failures + counts.failuresBefore;
    const all = failures + counts.successes + counts.successesBefore;
    return failures >= this.threshold.minFailures && failures >= all * this.threshold.minShare;
  }

  forget(key: Key): void {
    this.#counts.delete(key);
  }

  /** Drops the keys that have not failed for a while. */
  sweep(nowMs: number): void {
    for (const [key, counts] of this.#counts) if (nowMs - counts.since > 2 * HALF_WINDOW_MS) this.#counts.delete(key);
  }
}

function turn(counts: Counts, nowMs: number): void {
  const elapsedMs = nowMs - counts.since;
  if (elapsedMs < HALF_WINDOW_MS) return;
  const isRecent = elapsedMs < 2 * HALF_WINDOW_MS;
  counts.failuresBefore = isRecent ? counts.failures : 0;
  counts.successesBefore = isRecent ? counts.successes : 0;
  counts.failures = 0;
  counts.successes = 0;
  counts.since = nowMs;
}
