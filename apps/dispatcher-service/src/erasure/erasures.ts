import type pg from 'pg';
import { inTransaction, isDatabaseAway, type Logger } from '@ringback/service-runtime';
import { eraseRecorded } from './erase-recorded.js';

/** How often it is looked whether an erasure is due for its second, final look, in ms. New ones are seen at once. */
const EVERY_MS = 60_000;

/** Erasures older than any event of theirs can come again; until then a replay must not bring back what was erased. */
const FORGET = `
  delete from dispatcher.erasure where conversion_id in (
    select conversion_id from dispatcher.erasure
    where is_final and recorded_at < now() - $1::integer * interval '1 day' order by recorded_at limit 1000 for update skip locked)`;

export interface ErasuresOptions {
  readonly pool: pg.Pool;
  readonly retentionDays: number;
  readonly logger: Logger;
  readonly onFatal: (error: unknown) => void;
}

/** Erases, beside the pipeline, what the log holds of conversions whose personal data is to go. Any number of dispatchers do it at once. */
export class Erasures {
  #timer: NodeJS.Timeout | null = null;
  #running: Promise<void> | null = null;
  #again = false;
  #stopped = false;

  constructor(private readonly options: ErasuresOptions) {}

  /** What a process that died has left is done too. */
  start(): void {
    this.#timer = setInterval(() => this.wake(), EVERY_MS);
    this.wake();
  }

  /** There is something to erase. */
  wake(): void {
    if (this.#stopped) return;
    this.#again = true;
    this.#running ??= this.#run().finally(() => (this.#running = null));
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    if (this.#timer !== null) clearInterval(this.#timer);
    await this.#running;
  }

  /** Forgets erasures that no event can undo any more. */
  async forgetOld(): Promise<void> {
    await this.options.pool.query(FORGET, [this.options.retentionDays]);
  }

  async #run(): Promise<void> {
    try {
      while (this.#again && !this.#stopped) {
        this.#again = false;
        this.#again = await inTransaction(this.options.pool, eraseRecorded);
      }
    } catch (error) {
      // The next look tries again.
      if (isDatabaseAway(error)) this.options.logger.warn({ error }, 'erasing waits for PostgreSQL');
      else this.options.onFatal(error);
    }
  }
}
