import { FailureRate, type Threshold } from './failure-rate.js';
import type { BreakerScope, Holds, OpenBreaker } from './holds.js';

/** A destination that does not answer is not worth the wait of many; one that answers most of the time is. */
const DESTINATION_THRESHOLD: Threshold = { minFailures: 5, minShare: 0.5 };
/** Trackers refuse single conversions all day (unknown clicks): only a callback that is refused nearly always is broken. */
const CALLBACK_THRESHOLD: Threshold = { minFailures: 10, minShare: 0.9 };
/** Until the first probe, doubled by each that fails, in ms. */
const FIRST_WAIT_MS = 5_000;
const LONGEST_WAIT_MS = 5 * 60 * 1000;
const JITTER = 0.2;

/** The longest request: what ends later than this after a breaker closed was sent after it. In ms. */
const LONGEST_REQUEST_MS = 60_000;

/** The right to send one request although the breaker is open. */
export interface Probe {
  readonly scope: BreakerScope;
  readonly key: string;
}

export interface BreakersOptions {
  readonly holds: Holds;
  /** Writes what changed to PostgreSQL, where the other dispatchers read it. Null: closed. */
  readonly share: (scope: BreakerScope, key: string, breaker: OpenBreaker | null) => void;
  readonly onOpened: (breaker: OpenBreaker) => void;
  readonly onClosed: (scope: BreakerScope, key: string) => void;
  readonly now: () => number;
  readonly monotonic: () => number;
  /** In [0, 1). */
  readonly random: () => number;
}

/**
 * Opens when requests fail too much, and lets one try now and then until one succeeds. A destination's breaker counts what is the host's
 * fault (no connection, no answer in time, 429, 502–504), a callback's any other failure: a wrong token stops nobody else on the same host.
 */
export class Breakers {
  readonly #destinations = new FailureRate<string>(DESTINATION_THRESHOLD);
  readonly #callbacks = new FailureRate<number>(CALLBACK_THRESHOLD);
  /** When breakers closed of late, by scope and key. Monotonic. */
  readonly #closedAt = new Map<string, number>();

  constructor(private readonly options: BreakersOptions) {}

  /** A request was answered 2xx. */
  succeeded(destination: string, callbackId: number, probe: Probe | null): void {
    const nowMs = this.options.monotonic();
    this.#destinations.succeeded(destination, nowMs);
    this.#callbacks.succeeded(callbackId, nowMs);
    if (probe !== null) this.#close(probe);
  }

  /** A request that began at `startedAt` (monotonic) failed; `blame` says whose fault it is. */
  failed(destination: string, callbackId: number, blame: BreakerScope, reason: string, startedAt: number, probe: Probe | null): void {
    const nowMs = this.options.monotonic();
    const probed = probe === null ? undefined : this.options.holds.breaker(probe.scope, probe.key);
    if (probed !== undefined && probed.scope === blame) {
      this.#open({ ...probed, reason, openings: probed.openings + 1 });
      return;
    }
    if (blame === 'callback') {
      // Whatever it said, the destination answers.
      this.#destinations.succeeded(destination, nowMs);
      if (probe?.scope === 'destination') this.#close(probe);
      if (this.#isOutdated('callback', String(callbackId), startedAt)) return;
      if (this.#callbacks.failed(callbackId, nowMs)) this.#trip('callback', String(callbackId), reason);
    } else {
      // Not the callback's fault, and not its success: it is tried again as late as it was this time.
      if (probed !== undefined) this.#open(probed);
      if (this.#isOutdated('destination', destination, startedAt)) return;
      if (this.#destinations.failed(destination, nowMs)) this.#trip('destination', destination, reason);
    }
  }

  /** The probe was not sent: another may be. */
  release({ scope, key }: Probe): void {
    const breaker = this.options.holds.breaker(scope, key);
    if (breaker === undefined) return;
    const released = { ...breaker, openUntilMs: this.options.now() };
    this.options.holds.setBreaker(released);
    this.options.share(scope, key, released);
  }

  /** An admin changed the callback: whatever was wrong with it may be mended. */
  forgive(callbackId: number): void {
    this.#callbacks.forget(callbackId);
    if (this.options.holds.callbackBreakers.has(callbackId)) this.#close({ scope: 'callback', key: String(callbackId) });
  }

  /** Another dispatcher closed it. */
  closedElsewhere(scope: BreakerScope, key: string): void {
    this.#forget(scope, key);
    this.options.onClosed(scope, key);
  }

  sweep(): void {
    const nowMs = this.options.monotonic();
    this.#destinations.sweep(nowMs);
    this.#callbacks.sweep(nowMs);
    for (const [id, closedAt] of this.#closedAt) if (closedAt < nowMs - LONGEST_REQUEST_MS) this.#closedAt.delete(id);
  }

  /** It was sent before the breaker closed: it tells of how things were then. */
  #isOutdated(scope: BreakerScope, key: string, startedAt: number): boolean {
    return this.#closedAt.size > 0 && startedAt < (this.#closedAt.get(`${scope} ${key}`) ?? -Infinity);
  }

  #trip(scope: BreakerScope, key: string, reason: string): void {
    // What fails while it is open was sent before: it tells nothing new.
    if (this.options.holds.breaker(scope, key) !== undefined) return;
    this.#open({ scope, key, openedAtMs: this.options.now(), openUntilMs: 0, openings: 1, reason });
  }

  #open(breaker: OpenBreaker): void {
    const { now, random, holds, share, onOpened } = this.options;
    const waitMs = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** Math.min(breaker.openings - 1, 20));
    const opened = { ...breaker, openUntilMs: now() + Math.round(waitMs * (1 - JITTER + 2 * JITTER * random())) };
    holds.setBreaker(opened);
    share(breaker.scope, breaker.key, opened);
    onOpened(opened);
  }

  #close({ scope, key }: Probe): void {
    this.#forget(scope, key);
    if (!this.options.holds.deleteBreaker(scope, key)) return;
    this.options.share(scope, key, null);
    this.options.onClosed(scope, key);
  }

  #forget(scope: BreakerScope, key: string): void {
    if (scope === 'destination') this.#destinations.forget(key);
    else this.#callbacks.forget(Number(key));
    this.#closedAt.set(`${scope} ${key}`, this.options.monotonic());
  }
}
