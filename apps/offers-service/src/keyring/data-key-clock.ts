import { isDatabaseAway, type JobWatch, type Logger } from '@ringback/service-runtime';
import type { MasterKeys } from '@ringback/contracts';
import type { ChangeLog } from '../changes/change-log.js';
import { addDataKeyWhenDue } from './rotate-keyring.js';

/** How often the newest data key's age is looked at, in ms: an hour too late is nothing beside months. */
const LOOK_EVERY_MS = 60 * 60 * 1000;
const DAY_MS = 24 * 60 * 60 * 1000;

export interface DataKeyClockOptions {
  readonly changes: ChangeLog;
  readonly masterKeys: MasterKeys;
  readonly maxAgeDays: number;
  readonly now: () => number;
  readonly logger: Logger;
  readonly jobs?: JobWatch;
}

/** Rotates data keys in the background: all instances look, and the first that finds the newest too old adds one. */
export class DataKeyClock {
  #timer: NodeJS.Timeout | undefined;
  #run: Promise<void> = Promise.resolve();

  constructor(private readonly options: DataKeyClockOptions) {}

  start(): void {
    this.options.jobs?.expect('data keys');
    const look = () => {
      this.#run = this.#run.then(() => this.#look());
    };
    look();
    this.#timer = setInterval(look, LOOK_EVERY_MS);
    this.#timer.unref();
  }

  /** Resolves when no look is under way. */
  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await this.#run;
  }

  async #look(): Promise<void> {
    const { changes, masterKeys, maxAgeDays, now, logger, jobs } = this.options;
    try {
      const { result } = await addDataKeyWhenDue(changes, masterKeys, { nowMs: now(), maxAgeMs: maxAgeDays * DAY_MS });
      jobs?.succeeded('data keys');
      if (result.outcome === 'rotated') logger.info({ version: result.version }, 'a new data key seals secrets from now on');
    } catch (error) {
      jobs?.failed('data keys');
      const level = isDatabaseAway(error) ? 'warn' : 'error';
      logger[level]({ error }, 'the age of the data keys could not be looked at: trying again at the next turn');
    }
  }
}
