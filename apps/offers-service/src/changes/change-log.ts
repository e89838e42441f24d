import { problem } from '@ringback/service-runtime';
import type { DataSource } from 'typeorm';
import { Change } from './change.js';
import { inTransaction } from './transaction.js';

/** How long an answer waits for the change to be in Kafka, in ms. Later it is 202, and the change comes into force on its own. */
export const IN_FORCE_TIMEOUT_MS = 3_000;

/** A transaction that hangs longer than this (its process was stopped) is ended by PostgreSQL, so that it holds no other change, in ms. */
const HUNG_CHANGE_MS = 5_000;

/** What the change log needs of the relay that publishes its rows. */
export interface ChangePublisher {
  wake(): void;
  waitUntilPublished(id: number, timeoutMs: number): Promise<boolean>;
  isFull(): boolean;
}

/** What came of a request to change something. */
export interface Changed<Result> {
  readonly result: Result;
  /** False: stored, but not yet in Kafka. */
  readonly inForce: boolean;
}

export interface ChangeLogOptions {
  readonly dataSource: DataSource;
  readonly publisher: ChangePublisher;
  /** Full name of `offers.configurations`. */
  readonly topic: string;
  readonly now: () => number;
  readonly inForceTimeoutMs?: number;
  /** Whether the database is known to have every version that the topic has; default yes. Until then no change is made. */
  readonly isUpToDate?: () => boolean;
}

/**
 * The one door for changes of the configuration. A change holds the counter of revisions from its first statement to its commit, so changes
 * happen one after another over all instances: what it reads stays true until it commits, revisions have the order of the commits, and no
 * revision is ever missing below one that is there. Changes are rare; readers are never held.
 */
export class ChangeLog {
  constructor(private readonly options: ChangeLogOptions) {}

  /**
   * Runs `work` as one change of at most one version, and waits until what it answers is in Kafka.
   * @param work returns its result and the revision that must be in force for it: of the version it wrote, or of the one it left as it was.
   * @throws {ProblemError} 503 while too much waits for Kafka, or the topic has not been read since the start; whatever `work` throws, then nothing is stored.
   */
  async make<Result>(changedBy: string, work: (change: Change) => Promise<{ result: Result; revision: number }>): Promise<Changed<Result>> {
    const { dataSource, publisher, topic, now, isUpToDate = () => true } = this.options;
    if (!isUpToDate()) throw problem.unavailable('the configuration on Kafka has not been read yet: try again shortly');
    if (publisher.isFull()) throw problem.unavailable('too many changes wait for Kafka: try again later');
    const { result, revision, recorded } = await inTransaction(dataSource, async (manager) => {
      const rows: { current: string }[] = await manager.query(
        `select current, set_config('idle_in_transaction_session_timeout', $1, true) from offers.revision for update`,
        [String(HUNG_CHANGE_MS)],
      );
      const change = new Change(manager, Number(rows[0]!.current) + 1, changedBy, now(), topic);
      const done = await work(change);
      return { ...done, recorded: change.recorded };
    });
    if (recorded) publisher.wake();
    const inForce = await publisher.waitUntilPublished(revision, this.options.inForceTimeoutMs ?? IN_FORCE_TIMEOUT_MS);
    return { result, inForce };
  }
}
