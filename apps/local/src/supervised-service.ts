import { setTimeout as delay } from 'node:timers/promises';
import { describeExit, ServiceProcess, type ServiceOptions } from '@ringback/testbed';

/** The first pause before a service that died is started again, in ms; it doubles to the longest. */
const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 30_000;
/** A service that ran this long was well: its next death is a first one again. */
const WELL_AFTER_MS = 60_000;

export interface SupervisionEvents {
  started(name: string, pid: number): void;
  ended(pid: number): void;
  say(line: string): void;
}

/** Pause before the n-th start in a row (1, 2, 3…) after a death, in ms. */
export function pauseBefore(startInARow: number): number {
  return Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** (startInARow - 1));
}

/** A service that is started again whenever it dies, until it is stopped. */
export class SupervisedService {
  readonly #stopping = new AbortController();
  readonly #supervision: Promise<void>;

  private constructor(
    readonly process: ServiceProcess,
    private readonly events: SupervisionEvents,
  ) {
    this.#supervision = this.#supervise();
  }

  /** Starts it; resolves when it is ready for the first time. @throws when it dies before that, or is not ready in time. */
  static async start(
    o: ServiceOptions & { port: number },
    events: SupervisionEvents,
    onLaunch: (service: SupervisedService) => void,
  ): Promise<void> {
    const process = ServiceProcess.launch(o, o.port);
    const service = new SupervisedService(process, events);
    onLaunch(service);
    await process.waitUntilReady();
  }

  get name(): string {
    return this.process.name;
  }

  /** SIGTERM, and SIGKILL after `graceMs`. It is not started again. */
  async stop(graceMs: number): Promise<void> {
    this.#stopping.abort();
    await this.process.stop(graceMs);
    await this.#supervision;
  }

  async #supervise(): Promise<void> {
    const { process, events } = this;
    const stop = this.#stopping.signal;
    for (let startInARow = 1; ;) {
      const startedAt = performance.now();
      const { pid } = process;
      events.started(this.name, pid);
      const status = await process.exited;
      events.ended(pid);
      if (stop.aborted) return;
      if (performance.now() - startedAt > WELL_AFTER_MS) startInARow = 1;
      const pauseMs = pauseBefore(startInARow++);
      events.say(`${this.name} ended (${describeExit(status)}); it is started again in ${pauseMs / 1000} s. Its log: ${process.logPath}`);
      await delay(pauseMs, undefined, { signal: stop }).catch(() => undefined);
      if (stop.aborted) return;
      process.relaunch();
    }
  }
}
