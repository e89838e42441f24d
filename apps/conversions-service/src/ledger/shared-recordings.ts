import type { RecordOutcome } from './ledger-draft.js';
import { isTransient } from './is-transient.js';
import { unavailable } from './refusal.js';
import type { RecordRequest } from './record-conversions.js';

/** Transactions of single requests at once: enough that none waits for another while there are few. */
const MAX_AT_ONCE = 4;
/** Most requests that share one. */
const MAX_REQUESTS = 200;
/** A request that has not come up by then is told to try again, in ms: PostgreSQL hangs, or far too many come. */
const MAX_WAIT_MS = 5_000;

interface Waiting {
  readonly request: RecordRequest;
  readonly resolve: (outcome: RecordOutcome) => void;
  readonly reject: (error: unknown) => void;
  timer?: NodeJS.Timeout;
}

/**
 * Lets single requests that arrive while others are being recorded share the next transaction: a lone request is recorded at once, a crowd
 * costs a fraction of its round trips. Each has its own outcome, as in a batch.
 */
export class SharedRecordings {
  readonly #record: (requests: readonly RecordRequest[]) => Promise<readonly RecordOutcome[]>;
  readonly #waiting: Waiting[] = [];
  #atOnce = 0;

  constructor(record: (requests: readonly RecordRequest[]) => Promise<readonly RecordOutcome[]>) {
    this.#record = record;
  }

  record(request: RecordRequest): Promise<RecordOutcome> {
    return new Promise((resolve, reject) => {
      const waiting: Waiting = { request, resolve, reject };
      this.#waiting.push(waiting);
      if (this.#atOnce < MAX_AT_ONCE) void this.#work();
      else waiting.timer = setTimeout(() => this.#giveUp(waiting), MAX_WAIT_MS);
    });
  }

  #giveUp(waiting: Waiting): void {
    this.#waiting.splice(this.#waiting.indexOf(waiting), 1);
    waiting.resolve(unavailable('Recording is too slow for all that come: try again in a moment.'));
  }

  async #work(): Promise<void> {
    this.#atOnce += 1;
    while (this.#waiting.length > 0) await this.#together(this.#waiting.splice(0, MAX_REQUESTS));
    this.#atOnce -= 1;
  }

  async #together(group: readonly Waiting[]): Promise<void> {
    for (const { timer } of group) clearTimeout(timer);
    try {
      const outcomes = await this.#record(group.map(({ request }) => request));
      group.forEach(({ resolve }, index) => resolve(outcomes[index]!));
    } catch (error) {
      // What passes by itself is the same for all. Anything else is of one of them: it must not spoil the others.
      if (group.length === 1 || isTransient(error)) group.forEach(({ reject }) => reject(error));
      else for (const one of group) await this.#together([one]);
    }
  }
}
