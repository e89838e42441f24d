import { isDatabaseAway, type JobWatch, type Logger } from '@ringback/service-runtime';
import { writeDueTombstones, type TombstoneOptions } from './tombstones.js';

/** Looks for due tombstones now and then. */
export class TombstoneClock {
  #timer: NodeJS.Timeout | undefined;
  #run: Promise<void> = Promise.resolve();

  constructor(
    private readonly options: TombstoneOptions,
    private readonly intervalMs: number,
    private readonly logger: Logger,
    private readonly jobs?: JobWatch,
  ) {}

  start(): void {
    this.jobs?.expect('tombstones');
    this.#timer = setInterval(() => {
      this.#run = this.#run.then(() => this.#look());
    }, this.intervalMs);
    this.#timer.unref();
  }

  /** Resolves when no run is under way. */
  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await this.#run;
  }

  async #look(): Promise<void> {
    try {
      const written = await writeDueTombstones(this.options);
      this.jobs?.succeeded('tombstones');
      if (written > 0) this.logger.info({ written }, 'tombstones were written for versions that nothing can need any more');
    } catch (error) {
      this.jobs?.failed('tombstones');
      const level = isDatabaseAway(error) ? 'warn' : 'error';
      this.logger[level]({ error }, 'tombstones could not be written: trying again at the next turn');
    }
  }
}
