import { TokenBucket } from '../delivery/token-bucket.js';

/** Of the rate at which a backlog drains, what is new and joins it may take up this share: so it always gets smaller. */
const JOINING_SHARE = 0.5;

export interface DrainsOptions {
  /** Deliveries a second that go out of the backlogs of one destination, over the whole deployment. */
  readonly perSecond: number;
  /** Live dispatchers: each takes its share. */
  readonly members: () => number;
  readonly monotonic: () => number;
}

/** How fast backlogs drain, per destination: one that was away for a day is not met by a day's deliveries at once. */
export class Drains {
  readonly #drained = new Map<string, TokenBucket>();
  readonly #joined = new Map<string, TokenBucket>();

  constructor(private readonly options: DrainsOptions) {}

  /** @returns how many deliveries of the destination's backlogs may go now. */
  available(destination: string): number {
    return this.#bucket(this.#drained, destination, this.#perSecond).available(this.options.monotonic());
  }

  take(destination: string, count: number): void {
    if (count > 0) this.#bucket(this.#drained, destination, this.#perSecond).take(count);
  }

  /** @returns whether a new delivery joins its callback's backlog. What comes faster than the backlog could ever drain goes past it. */
  join(destination: string): boolean {
    const bucket = this.#bucket(this.#joined, destination, this.#perSecond * JOINING_SHARE);
    if (bucket.available(this.options.monotonic()) < 1) return false;
    bucket.take(1);
    return true;
  }

  /** @returns the destinations that have had their share for now. */
  exhausted(): string[] {
    const nowMs = this.options.monotonic();
    // Not delivery by delivery: a claim is worth it once a twentieth of a second's worth may go.
    const worthwhile = Math.max(1, this.#perSecond / 20);
    return [...this.#drained].filter(([, bucket]) => bucket.available(nowMs) < worthwhile).map(([destination]) => destination);
  }

  /** Forgets destinations whose buckets are full: they are as new. */
  sweep(): void {
    const nowMs = this.options.monotonic();
    for (const buckets of [this.#drained, this.#joined])
      for (const [destination, bucket] of buckets) if (bucket.waitMs(Infinity, nowMs) === 0) buckets.delete(destination);
  }

  get #perSecond(): number {
    return this.options.perSecond / Math.max(1, this.options.members());
  }

  #bucket(buckets: Map<string, TokenBucket>, destination: string, perSecond: number): TokenBucket {
    const nowMs = this.options.monotonic();
    let bucket = buckets.get(destination);
    if (bucket === undefined) buckets.set(destination, (bucket = new TokenBucket(perSecond, nowMs)));
    else bucket.setRate(perSecond, nowMs);
    return bucket;
  }
}
