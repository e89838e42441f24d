/** Well above the time between two looks at a bucket, and low enough that no second sees much more than its share. */
const BURST_SECONDS = 0.1;

/** A rate limit: `perSecond` on average, at most a tenth of a second's worth, or one, at once. Times are of the monotonic clock, in ms. */
export class TokenBucket {
  #tokens: number;
  #filledAt: number;

  constructor(
    private perSecond: number,
    nowMs: number,
  ) {
    this.#tokens = this.#capacity;
    this.#filledAt = nowMs;
  }

  /** @returns whole tokens there are; below 1 when there is none. */
  available(nowMs: number): number {
    this.#fill(nowMs);
    return Math.floor(this.#tokens + 1e-9);
  }

  /** Takes tokens that {@link available} promised. */
  take(count: number): void {
    this.#tokens -= count;
  }

  /** @returns ms until `count` tokens are there; 0 when they are. More than fit are never there: the time until the bucket is full. */
  waitMs(count: number, nowMs: number): number {
    this.#fill(nowMs);
    const missing = Math.min(count, this.#capacity) - this.#tokens;
    return missing <= 1e-9 ? 0 : Math.ceil((missing * 1000) / this.perSecond);
  }

  /** The limit, or this process' share of it, has changed. */
  setRate(perSecond: number, nowMs: number): void {
    if (perSecond === this.perSecond) return;
    this.#fill(nowMs);
    this.perSecond = perSecond;
    this.#tokens = Math.min(this.#tokens, this.#capacity);
  }

  get #capacity(): number {
    return Math.max(1, this.perSecond * BURST_SECONDS);
  }

  #fill(nowMs: number): void {
    if (nowMs <= this.#filledAt) return;
    this.#tokens = Math.min(this.#capacity, this.#tokens + ((nowMs - this.#filledAt) * this.perSecond) / 1000);
    this.#filledAt = nowMs;
  }
}

/** One bucket per key, made when first asked for. */
export class TokenBuckets<Key> {
  readonly #buckets = new Map<Key, TokenBucket>();

  constructor(private readonly monotonic: () => number) {}

  /** @returns the key's bucket, at the rate given. */
  at(key: Key, perSecond: number): TokenBucket {
    const nowMs = this.monotonic();
    let bucket = this.#buckets.get(key);
    if (bucket === undefined) this.#buckets.set(key, (bucket = new TokenBucket(perSecond, nowMs)));
    else bucket.setRate(perSecond, nowMs);
    return bucket;
  }

  keys(): IterableIterator<Key> {
    return this.#buckets.keys();
  }

  [Symbol.iterator](): IterableIterator<[Key, TokenBucket]> {
    return this.#buckets.entries();
  }

  /** Forgets the keys whose buckets are full: they are as new. */
  sweep(): void {
    const nowMs = this.monotonic();
    for (const [key, bucket] of this.#buckets) if (bucket.waitMs(Infinity, nowMs) === 0) this.#buckets.delete(key);
  }
}
