import type { JobWatch, Logger } from '@ringback/service-runtime';

export interface RepeatingTaskOptions {
  /** For the log. */
  readonly name: string;
  /** One turn. @returns when the next one is due, in ms from now. */
  readonly run: () => Promise<number>;
  /** When a turn failed, in ms from then. */
  readonly retryAfterMs: number;
  /** Whether a failure is expected and passes by itself (logged as a warning); else it is logged as an error. Both are tried again. */
  readonly isTransient: (error: unknown) => boolean;
  readonly logger: Logger;
  /** Told of each turn. */
  readonly jobs?: JobWatch | undefined;
}

/** Work that is done again and again, never twice at once in this process. */
export class RepeatingTask {
  readonly #o: RepeatingTaskOptions;
  #timer: NodeJS.Timeout | undefined;
  #running: Promise<void> | undefined;
  #woken = false;
  #stopped = true;

  constructor(options: RepeatingTaskOptions) {
    this.#o = options;
  }

  start(): void {
    this.#stopped = false;
    this.#o.jobs?.expect(this.#o.name);
    this.#schedule(0);
  }

  /** The next turn is due now; while one runs, right after it. */
  wake(): void {
    if (this.#running === undefined) this.#schedule(0);
    else this.#woken = true;
  }

  /** Resolves when the turn that runs, if any, has ended. */
  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#timer);
    await this.#running;
  }

  #schedule(delayMs: number): void {
    if (this.#stopped) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.#running = this.#turn();
    }, delayMs);
  }

  async #turn(): Promise<void> {
    this.#woken = false;
    let nextMs = this.#o.retryAfterMs;
    try {
      nextMs = await this.#o.run();
      this.#o.jobs?.succeeded(this.#o.name);
    } catch (error) {
      const { name, logger } = this.#o;
      this.#o.jobs?.failed(name);
      if (this.#o.isTransient(error)) logger.warn({ error, task: name }, 'a turn failed and is tried again');
      else logger.error({ error, task: name }, 'a turn failed unexpectedly and is tried again');
    }
    this.#running = undefined;
    this.#schedule(this.#woken ? 0 : nextMs);
  }
}
