import type { GroupSession } from './group-session.js';
import type { EventStreamLogger } from './kafka-log.js';
import type { LeaseRow } from './partition-leases.js';

/** Lets Kafka's committed offsets follow what is recorded, so that lag tools show the truth. Best effort: nothing here reads them. */
export class LagOffsets {
  readonly #logger: EventStreamLogger;
  readonly #committed = new Map<number, number>();
  #isCommitting = false;

  constructor(logger: EventStreamLogger) {
    this.#logger = logger;
  }

  /** One commit at a time, since kafkajs tries it for as long as the session lasts; what comes meanwhile is left to the next. */
  follow(rows: readonly LeaseRow[], session: GroupSession | null): void {
    const moved = new Map(rows.map(({ partition, nextOffset }) => [partition, nextOffset]));
    for (const [partition, nextOffset] of moved) if (nextOffset === (this.#committed.get(partition) ?? 0)) moved.delete(partition);
    if (session === null || this.#isCommitting || moved.size === 0) return;
    this.#isCommitting = true;
    session
      .commit(moved)
      .then(() => moved.forEach((nextOffset, partition) => this.#committed.set(partition, nextOffset)))
      .catch((error: unknown) => this.#logger.debug({ err: error }, 'offsets for lag tools not committed'))
      .finally(() => (this.#isCommitting = false));
  }
}
