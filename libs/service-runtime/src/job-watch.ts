import { Counter, Gauge, type Registry } from 'prom-client';

/**
 * Counts the turns of a process' background jobs, so that one that has stopped working is seen. Jobs are a few, each with a name of its own;
 * the label is no `job`, which Prometheus has for what it scrapes.
 */
export class JobWatch {
  readonly #turns: Counter<'name' | 'result'>;
  readonly #succeededAt: Gauge<'name'>;

  constructor(
    registry: Registry,
    private readonly now: () => number = Date.now,
  ) {
    const registers = [registry];
    this.#turns = new Counter({
      name: 'ringback_job_turns_total',
      help: 'Turns of a background job, by result',
      labelNames: ['name', 'result'],
      registers,
    });
    this.#succeededAt = new Gauge({
      name: 'ringback_job_last_success_timestamp_seconds',
      help: 'When a background job last succeeded here, or began to be due',
      labelNames: ['name'],
      registers,
    });
  }

  /** The job will be done by this process from now on: until its first turn it counts from here. */
  expect(job: string): void {
    this.#turns.inc({ name: job, result: 'succeeded' }, 0);
    this.#turns.inc({ name: job, result: 'failed' }, 0);
    this.#succeededAt.set({ name: job }, this.now() / 1_000);
  }

  succeeded(job: string): void {
    this.#turns.inc({ name: job, result: 'succeeded' });
    this.#succeededAt.set({ name: job }, this.now() / 1_000);
  }

  failed(job: string): void {
    this.#turns.inc({ name: job, result: 'failed' });
  }
}
