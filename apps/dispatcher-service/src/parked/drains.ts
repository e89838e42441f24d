import { TokenBuckets } from '../delivery/token-bucket.js';

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
  readonly #drained: TokenBuckets<string>;
  readonly #joined: TokenBuckets<string>;

  constructor(private readonly options: DrainsOptions) {
    this.#drained = new TokenBuckets(options.monotonic);
    this.#joined = new TokenBuckets(options.monotonic);
  }

  /** @returns how many deliveries of the destination's backlogs may go now. */
  available(destination: string): number {
    return this.#drained.at(destination, this.#perSecond).available(this.options.monotonic());
  }

  take(destination: string, count: number): void {
    if (count > 0) this.#drained.at(destination, this.#perSecond).take(count);
  }

  /** @returns whether a new delivery joins its callback's backlog. What comes faster than the backlog could ever drain goes past it. */
  join(destination: string): boolean {
    const bucket = this.#joined.at(destination, this.#perSecond * JOINING_SHARE);
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
    this.#drained.sweep();
    this.#joined.sweep();
  }

  get #perSecond(): number {
    return this.options.perSecond / Math.max(1, this.options.members());
  }
}
