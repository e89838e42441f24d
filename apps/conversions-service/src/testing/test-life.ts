import { Health, Registry } from '@ringback/service-runtime';
import { pino } from 'pino';

/** The life of one instance inside a spec: as a process', but what is fatal is remembered instead of ending jest. */
export class TestLife {
  readonly logger = pino({ level: process.env['TEST_LOG_LEVEL'] ?? 'silent' });
  readonly health = new Health();
  readonly metrics = new Registry();
  readonly fatals: unknown[] = [];
  readonly #steps: (() => Promise<unknown> | void)[] = [];

  readonly onStop = (_: string, stop: () => Promise<unknown> | void): void => {
    this.#steps.push(stop);
  };
  readonly fatal = (error: unknown): void => {
    this.fatals.push(error);
  };

  async stop(): Promise<void> {
    for (const step of this.#steps.toReversed()) await step();
  }
}
