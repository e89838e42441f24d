import type pg from 'pg';
import { isDatabaseAway, type Logger } from '@ringback/service-runtime';
import type { BreakerScope, Holds, OpenBreaker } from '../delivery/holds.js';
import type { Look } from './look.js';
import { saveBreaker } from './save-breaker.js';

export interface DeploymentOptions {
  readonly pool: pg.Pool;
  readonly holds: Holds;
  readonly logger: Logger;
  /** Another dispatcher found it broken. */
  readonly onOpened: (breaker: OpenBreaker) => void;
  /** Another dispatcher found it mended. */
  readonly onClosed: (scope: BreakerScope, key: string) => void;
  /** PostgreSQL knows that a breaker closed, or may be probed from a time on: what waits behind it can be claimed only now. */
  readonly onSaved: (dueAtMs: number) => void;
  readonly onFatal: (error: unknown) => void;
  readonly now: () => number;
  readonly monotonic: () => number;
}

interface Change {
  readonly scope: BreakerScope;
  readonly key: string;
  /** Null: closed. */
  breaker: OpenBreaker | null;
  changedAt: number;
  isSaved: boolean;
}

/**
 * What the dispatchers of a deployment know together, seen from one of them: what each finds broken it tells the others through PostgreSQL,
 * and what they found it reads with every look. While PostgreSQL is away each goes by what it knew.
 */
export class Deployment {
  #members = 1;
  /** Changes of ours that PostgreSQL, or a look that began before them, may not know yet. */
  readonly #changes = new Map<string, Change>();
  #saving = false;

  constructor(private readonly options: DeploymentOptions) {}

  /** Live dispatchers, this one too. */
  get members(): number {
    return this.#members;
  }

  /** Shares a change of a breaker, soon; of several of one breaker the last. */
  share(scope: BreakerScope, key: string, breaker: OpenBreaker | null): void {
    this.#changes.set(`${scope} ${key}`, { scope, key, breaker, changedAt: this.options.monotonic(), isSaved: false });
    void this.save();
  }

  /** Takes in what a look saw; `lookedAt`: when it was begun, monotonic. What was changed here since then stands. */
  adopt(seen: Look, lookedAt: number): void {
    const { holds } = this.options;
    this.#members = 1 + seen.others;
    for (const [id, change] of this.#changes) if (change.isSaved && change.changedAt < lookedAt) this.#changes.delete(id);
    const open = new Set<string>();
    for (const breaker of seen.breakers) {
      const id = `${breaker.scope} ${breaker.key}`;
      open.add(id);
      if (this.#changes.has(id)) continue;
      const isNew = holds.breaker(breaker.scope, breaker.key) === undefined;
      holds.setBreaker(breaker);
      if (isNew) this.options.onOpened(breaker);
    }
    for (const { scope, key } of [...holds.breakers()]) {
      const id = `${scope} ${key}`;
      if (open.has(id) || this.#changes.has(id)) continue;
      holds.deleteBreaker(scope, key);
      this.options.onClosed(scope, key);
    }
    holds.setPauses(seen.pauses);
    holds.draining.clear();
    for (const callbackId of seen.draining) holds.draining.add(callbackId);
  }

  /** Writes what is not saved yet. What fails is tried again with the next call. */
  async save(): Promise<void> {
    if (this.#saving) return;
    this.#saving = true;
    try {
      for (let change = this.#unsaved(); change !== undefined; change = this.#unsaved()) {
        change.isSaved = true;
        try {
          await saveBreaker(this.options.pool, change.scope, change.key, change.breaker);
          // Only a look that begins now is sure to see it.
          change.changedAt = this.options.monotonic();
          this.options.onSaved(change.breaker?.openUntilMs ?? this.options.now());
        } catch (error) {
          change.isSaved = false;
          throw error;
        }
      }
    } catch (error) {
      if (isDatabaseAway(error)) this.options.logger.debug({ error }, 'the state of breakers waits for PostgreSQL');
      else this.options.onFatal(error);
    } finally {
      this.#saving = false;
    }
  }

  #unsaved(): Change | undefined {
    for (const change of this.#changes.values()) if (!change.isSaved) return change;
    return undefined;
  }
}
