export type BreakerScope = 'destination' | 'callback';

/** Nothing is sent there until it has shown to work again. Times are of the dispatchers' clock. */
export interface OpenBreaker {
  readonly scope: BreakerScope;
  /** A destination, or a callback's id. */
  readonly key: string;
  readonly openedAtMs: number;
  /** From then on one request may try. */
  readonly openUntilMs: number;
  /** How often in a row it was opened. */
  readonly openings: number;
  /** The failure that opened it, in words. */
  readonly reason: string;
}

export interface Pause {
  readonly scope: 'all' | 'destination' | 'affiliate' | 'callback';
  /** Empty for `all`; else a destination, or an id. */
  readonly key: string;
}

/** Why a delivery is not sent now. It waits in PostgreSQL and uses up no attempt. */
export type Hold = 'paused' | 'destination-breaker' | 'callback-breaker' | 'draining';

/** What deliveries are held back, in memory: asked for every delivery, so it is empty sets where all is well. */
export class Holds {
  readonly destinationBreakers = new Map<string, OpenBreaker>();
  readonly callbackBreakers = new Map<number, OpenBreaker>();
  /** Callbacks whose backlog is being worked off: what is new joins it. */
  readonly draining = new Set<number>();
  #pausesAll = false;
  #paused: Record<'destination' | 'affiliate' | 'callback', ReadonlySet<string>> = NOTHING_PAUSED;
  #hasPauses = false;

  /** How many pauses there are, by what they hold back. */
  get pauseCounts(): Readonly<Record<Pause['scope'], number>> {
    const { destination, affiliate, callback } = this.#paused;
    return { all: this.#pausesAll ? 1 : 0, destination: destination.size, affiliate: affiliate.size, callback: callback.size };
  }

  setPauses(pauses: readonly Pause[]): void {
    const keys = (scope: Pause['scope']) => new Set(pauses.filter((pause) => pause.scope === scope).map(({ key }) => key));
    this.#pausesAll = pauses.some(({ scope }) => scope === 'all');
    this.#paused = { destination: keys('destination'), affiliate: keys('affiliate'), callback: keys('callback') };
    this.#hasPauses = pauses.length > 0;
  }

  isPaused(callbackId: number, destination: string, affiliateId: number): boolean {
    if (!this.#hasPauses) return false;
    const { destination: destinations, affiliate, callback } = this.#paused;
    return this.#pausesAll || destinations.has(destination) || affiliate.has(String(affiliateId)) || callback.has(String(callbackId));
  }

  /** @returns what holds a delivery that is new; null when it may go. */
  of(callbackId: number, destination: string, affiliateId: number): Hold | null {
    return this.ofParked(callbackId, destination, affiliateId) ?? (this.draining.has(callbackId) ? 'draining' : null);
  }

  /** @returns what holds a delivery from the backlog; null when it may go. */
  ofParked(callbackId: number, destination: string, affiliateId: number): Hold | null {
    if (this.destinationBreakers.has(destination)) return 'destination-breaker';
    if (this.callbackBreakers.has(callbackId)) return 'callback-breaker';
    return this.isPaused(callbackId, destination, affiliateId) ? 'paused' : null;
  }

  /** @returns the open breaker; undefined when it is closed. */
  breaker(scope: BreakerScope, key: string): OpenBreaker | undefined {
    return scope === 'destination' ? this.destinationBreakers.get(key) : this.callbackBreakers.get(Number(key));
  }

  setBreaker(breaker: OpenBreaker): void {
    if (breaker.scope === 'destination') this.destinationBreakers.set(breaker.key, breaker);
    else this.callbackBreakers.set(Number(breaker.key), breaker);
  }

  deleteBreaker(scope: BreakerScope, key: string): boolean {
    return scope === 'destination' ? this.destinationBreakers.delete(key) : this.callbackBreakers.delete(Number(key));
  }

  *breakers(): Generator<OpenBreaker> {
    yield* this.destinationBreakers.values();
    yield* this.callbackBreakers.values();
  }
}

const NOTHING_PAUSED = { destination: new Set<string>(), affiliate: new Set<string>(), callback: new Set<string>() };
