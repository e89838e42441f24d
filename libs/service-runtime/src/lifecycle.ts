import { exitForConfig } from './config-error.js';
import { debugOnSignal } from './debug-signal.js';
import { Health } from './health.js';
import type { Logger } from './logger.js';
import { letHeapGrow } from './heap-growth.js';
import { returnMemory } from './return-memory.js';
import { createMetrics } from './metrics.js';

/** How long a part may take to stop before the next one is stopped all the same, in ms. */
const DEFAULT_STOP_TIMEOUT_MS = 10_000;
/** A broken invariant ends the process within this time, in ms. */
const FATAL_EXIT_MS = 5_000;

interface StopStep {
  readonly name: string;
  readonly stop: () => Promise<unknown> | void;
  readonly timeoutMs: number;
}

/** The life of one process: what is started is written down with how to stop it; stopping goes backwards through the list. */
export class Lifecycle {
  readonly health = new Health();
  /** What `/metrics` shows. */
  readonly metrics = createMetrics();
  readonly #steps: StopStep[] = [];
  #stopping: Promise<void> | undefined;
  #fatal = false;

  constructor(readonly logger: Logger) {}

  /** Called right after `name` was started. Steps run one after another, last first, each for at most `timeoutMs`. */
  onStop(name: string, stop: () => Promise<unknown> | void, options: { timeoutMs?: number } = {}): void {
    this.#steps.push({ name, stop, timeoutMs: options.timeoutMs ?? DEFAULT_STOP_TIMEOUT_MS });
  }

  get stopping(): boolean {
    return this.#stopping !== undefined;
  }

  /** Stops everything, once; later calls wait for the first. A step that throws or hangs is logged and does not hold the others. */
  stop(): Promise<void> {
    this.#stopping ??= this.#runSteps();
    return this.#stopping;
  }

  /** A broken invariant or a crashed consumer: the process ends non-zero within 5 s, having tried to stop in order. */
  fatal(error: unknown): void {
    this.logger.fatal({ error }, 'fatal: the process ends');
    if (this.#fatal) return;
    this.#fatal = true;
    setTimeout(() => process.exit(1), FATAL_EXIT_MS - 500);
    void this.stop().then(() => process.exit(1));
  }

  async #runSteps(): Promise<void> {
    this.health.setReady(false);
    for (const step of this.#steps.toReversed()) {
      try {
        await withTimeout(Promise.resolve(step.stop()), step.timeoutMs, step.name);
      } catch (error) {
        this.logger.error({ error, step: step.name }, 'a part did not stop as it should');
      }
    }
  }
}

async function withTimeout(work: Promise<unknown>, timeoutMs: number, name: string): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${name} did not stop within ${timeoutMs} ms`)), timeoutMs);
  });
  try {
    await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

/**
 * Runs a service's process: `setUp` starts the parts in order, SIGTERM and SIGINT (or the end of a supervising parent, where the process
 * has one through IPC) stop them in the reverse order. Settings that cannot be used end it with exit code 78 (`EX_CONFIG`), one line each.
 */
export async function runService(createServiceLogger: () => Logger, setUp: (life: Lifecycle) => Promise<void>): Promise<void> {
  letHeapGrow();
  let life: Lifecycle;
  try {
    life = new Lifecycle(createServiceLogger());
  } catch (error) {
    exitForConfig(error);
    throw error;
  }
  const { logger } = life;
  const end = (reason: string): void => {
    if (life.stopping) return;
    logger.info({ reason }, 'stopping');
    void life.stop().then(() => {
      logger.info('stopped');
      process.exit(0);
    });
  };
  debugOnSignal(logger);
  process.on('SIGTERM', () => end('SIGTERM'));
  process.on('SIGINT', () => end('SIGINT'));
  process.on('disconnect', () => end('the supervisor is gone'));
  process.on('unhandledRejection', (error) => life.fatal(error));
  process.on('uncaughtException', (error) => life.fatal(error));
  try {
    await setUp(life);
  } catch (error) {
    exitForConfig(error);
    life.fatal(error);
    return;
  }
  if (!life.stopping) {
    returnMemory();
    life.health.setReady(true);
    logger.info('ready');
  }
}
