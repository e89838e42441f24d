import type { BenchServers } from './world/servers.js';
import type { Row } from './report/row.js';

/** What a scenario is given. */
export interface BenchContext {
  readonly servers: BenchServers;
  /** Small sizes: everything runs, nothing is measured. */
  readonly short: boolean;
  /** Asked for with `--tracing`: a share of the events. */
  readonly tracing: number | undefined;
  /** Asked for with `--minutes`. */
  readonly minutes: number | undefined;
  /** Asked for with `--rows`. */
  readonly rows: number | undefined;
  /** Aborted when the user wants to stop. */
  readonly signal: AbortSignal;
  /** A folder of this run's own, removed at its end. */
  readonly room: string;
  /** Says what is being done; with a total, how much of it. @returns tells how much is done, and `done()` when all is. */
  step(what: string, total?: number): Step;
  /** What is closed when the scenario ends, however it ends; the last opened first. */
  closeAtEnd(close: () => Promise<unknown>): void;
  /** Something to be printed, and written beside the rows. */
  note(text: string): void;
}

export interface Step {
  at(done: number): void;
  done(): void;
}

/** One question of the bench, from what it needs to the rows that answer it. */
export interface Scenario {
  readonly name: string;
  /** What is asked, in a sentence. */
  readonly title: string;
  /** Explains figures instead of measuring them: only run when it is named. */
  readonly isReport?: boolean;
  run(context: BenchContext): Promise<Row[]>;
}

/** A run whose figures mean nothing: something was lost, or never came. */
export class BenchError extends Error {
  override readonly name = 'BenchError';
}
