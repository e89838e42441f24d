import type { LookupAddress } from 'node:dns';

/** What a resolver found. */
export interface Resolved {
  /** In the order in which they are to be tried; at least one. */
  readonly addresses: readonly LookupAddress[];
  readonly ttlMs: number;
}

export interface NameLookupOptions {
  /** Asks for a name's addresses; rejects when there are none. */
  readonly resolve: (name: string) => Promise<Resolved>;
  /** No answer within this is a failure, in ms. */
  readonly timeoutMs: number;
  readonly monotonic: () => number;
  /** Names kept; the oldest make way. */
  readonly maxNames?: number;
}

export type NameLookupResult =
  { readonly ok: true; readonly addresses: readonly LookupAddress[] } | { readonly ok: false; readonly error: Error };

/** An answer counts for its own time to live, but within these bounds: some say 0, some a week. */
const MIN_TTL_MS = 1_000;
const MAX_TTL_MS = 5 * 60_000;
/** A name that was mended must not wait for long; one that is asked for a thousand times a second must not be asked each time. */
const FAILURE_TTL_MS = 2_000;
const MAX_NAMES = 10_000;

interface Entry {
  readonly result: NameLookupResult;
  readonly endsAt: number;
}

/** Names' addresses, kept for as long as their servers say; those who ask for one name at once share one look-up. */
export class NameLookup {
  readonly #known = new Map<string, Entry>();
  readonly #underWay = new Map<string, ((result: NameLookupResult) => void)[]>();

  constructor(private readonly options: NameLookupOptions) {}

  /** Answers at once (before it returns) what is known, else when it is; at the latest when the time is up. */
  lookup(name: string, done: (result: NameLookupResult) => void): void {
    const known = this.#known.get(name);
    if (known !== undefined && known.endsAt > this.options.monotonic()) {
      done(known.result);
      return;
    }
    const waiting = this.#underWay.get(name);
    if (waiting !== undefined) waiting.push(done);
    else this.#ask(name, done);
  }

  /** How many names are known. */
  get size(): number {
    return this.#known.size;
  }

  #ask(name: string, first: (result: NameLookupResult) => void): void {
    const { resolve, timeoutMs } = this.options;
    const waiting = [first];
    this.#underWay.set(name, waiting);
    let timer: NodeJS.Timeout | null = null;
    const end = (result: NameLookupResult, ttlMs: number): void => {
      if (timer === null) return;
      clearTimeout(timer);
      timer = null;
      this.#underWay.delete(name);
      this.#keep(name, result, ttlMs);
      for (const done of waiting) done(result);
    };
    const fail = (error: Error): void => end({ ok: false, error }, FAILURE_TTL_MS);
    timer = setTimeout(() => fail(new Error(`no address of ${name} within ${timeoutMs} ms`)), timeoutMs);
    timer.unref(); // who waits has a timer of its own
    resolve(name).then(({ addresses, ttlMs }) => end({ ok: true, addresses }, Math.min(Math.max(ttlMs, MIN_TTL_MS), MAX_TTL_MS)), fail);
  }

  #keep(name: string, result: NameLookupResult, ttlMs: number): void {
    this.#known.delete(name);
    if (this.#known.size >= (this.options.maxNames ?? MAX_NAMES)) this.#known.delete(this.#known.keys().next().value!);
    this.#known.set(name, { result, endsAt: this.options.monotonic() + ttlMs });
  }
}
