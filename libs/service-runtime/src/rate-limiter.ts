/** A quota is what may come at once; it fills up again within this time, in s. */
const WINDOW_S = 10;
/** Most callers remembered; the one that was silent for longest is forgotten first, at worst to begin with a full quota again. */
const MAX_CALLERS = 50_000;

/** What became of one request, with the fields of draft-ietf-httpapi-ratelimit-headers-10. */
export interface Taken {
  readonly allowed: boolean;
  /** Seconds until the next request is allowed: for `Retry-After`. */
  readonly retryAfterS: number;
  /** Member of `RateLimit-Policy`, e.g. `"caller";q=6000;w=10`. */
  readonly policy: string;
  /** Member of `RateLimit`: what is left, and in how many seconds it is the whole quota again, e.g. `"caller";r=5999;t=1`. */
  readonly state: string;
}

interface Bucket {
  left: number;
  atMs: number;
}

/**
 * Bounds how many requests a caller makes: `perSecond` in the long run, ten times that at once. In the memory of this process: with several
 * instances behind a balancer each grants the quota, which is what it is for, keeping one caller from taking an instance for itself.
 */
export class RateLimiter {
  readonly #buckets = new Map<string, Bucket>();
  readonly #quota: number;
  readonly #policy: string;

  /** @param name of the policy, in what is answered. @param perSecond at least 1. @param monotonic ms */
  constructor(
    private readonly name: string,
    private readonly perSecond: number,
    private readonly monotonic: () => number = () => performance.now(),
  ) {
    this.#quota = perSecond * WINDOW_S;
    this.#policy = `"${name}";q=${this.#quota};w=${WINDOW_S}`;
  }

  /** Counts one request of a caller. */
  take(caller: string): Taken {
    const bucket = this.#bucket(caller);
    const allowed = bucket.left >= 1;
    if (allowed) bucket.left -= 1;
    return {
      allowed,
      retryAfterS: allowed ? 0 : Math.ceil((1 - bucket.left) / this.perSecond),
      policy: this.#policy,
      state: `"${this.name}";r=${Math.floor(bucket.left)};t=${Math.ceil((this.#quota - bucket.left) / this.perSecond)}`,
    };
  }

  /** How many callers are remembered. */
  get size(): number {
    return this.#buckets.size;
  }

  #bucket(caller: string): Bucket {
    const nowMs = this.monotonic();
    const known = this.#buckets.get(caller);
    const bucket = known ?? { left: this.#quota, atMs: nowMs };
    bucket.left = Math.min(this.#quota, bucket.left + ((nowMs - bucket.atMs) / 1_000) * this.perSecond);
    bucket.atMs = nowMs;
    // Last in the map: the first is always the one that was silent for longest.
    if (known !== undefined) this.#buckets.delete(caller);
    else if (this.#buckets.size >= MAX_CALLERS) this.#buckets.delete(this.#buckets.keys().next().value!);
    this.#buckets.set(caller, bucket);
    return bucket;
  }
}

/** @returns the header fields that tell of what was taken. */
export function rateLimitHeaders(taken: readonly Taken[]): Record<string, string> {
  if (taken.length === 0) return {};
  return { 'ratelimit-policy': taken.map(({ policy }) => policy).join(', '), ratelimit: taken.map(({ state }) => state).join(', ') };
}
