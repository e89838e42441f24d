import { TokenBuckets, type TokenBucket } from './token-bucket.js';

export interface RateLimitsOptions {
  /** Requests a second that the callback may have, over the whole deployment; null without a limit. */
  readonly limitOf: (callbackId: number) => number | null;
  /** Live dispatchers: each takes its share of every limit. */
  readonly members: () => number;
  readonly monotonic: () => number;
}

/** The callbacks' own rate limits (`maxPerSecond`), this process' share of each. */
export class RateLimits {
  readonly #buckets: TokenBuckets<number>;

  constructor(private readonly options: RateLimitsOptions) {
    this.#buckets = new TokenBuckets(options.monotonic);
  }

  /** Takes the right to one request. @returns 0 when it was there; else in how many ms it will be, and nothing was taken. */
  take(callbackId: number): number {
    const bucket = this.#bucketOf(callbackId);
    if (bucket === null) return 0;
    const waitMs = bucket.waitMs(1, this.options.monotonic());
    if (waitMs === 0) bucket.take(1);
    return waitMs;
  }

  /** @returns how many more requests may begin within `withinMs`, besides `waiting` ones. Infinity without a limit. */
  room(callbackId: number, waiting: number, withinMs: number): number {
    const limit = this.options.limitOf(callbackId);
    const bucket = this.#bucketOf(callbackId);
    if (limit === null || bucket === null) return Infinity;
    const available = bucket.available(this.options.monotonic());
    return Math.max(0, Math.floor(available + (this.#share(limit) * withinMs) / 1000) - waiting);
  }

  /** @returns the callbacks with a limit that had something to send of late. */
  get callbackIds(): Iterable<number> {
    return this.#buckets.keys();
  }

  /** Forgets the callbacks whose bucket is full: they are as new. */
  sweep(): void {
    this.#buckets.sweep();
  }

  #bucketOf(callbackId: number): TokenBucket | null {
    const limit = this.options.limitOf(callbackId);
    return limit === null ? null : this.#buckets.at(callbackId, this.#share(limit));
  }

  #share(limit: number): number {
    return limit / Math.max(1, this.options.members());
  }
}
