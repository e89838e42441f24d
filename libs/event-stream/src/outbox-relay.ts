import type pg from 'pg';
import type { EventStreamLogger } from './kafka-log.js';
import type { Publisher } from './publisher.js';

export interface OutboxRelayOptions {
  /** At least two connections free for the relay. */
  pool: pg.Pool;
  schema: string;
  publisher: Publisher;
  logger: EventStreamLogger;
  instanceId: string;
  /** Rows waiting above which {@link OutboxRelay.isFull} says so. */
  maxRows: number;
  /** Monotonic ms. */
  now?: () => number;
}

export class OutboxRelay {
  constructor(options: OutboxRelayOptions) {
    void options;
  }
  start(): void {}
  /** Call after the commit of a transaction that appended. */
  wake(): void {}
  async waitUntilPublished(id: number, timeoutMs: number): Promise<boolean> {
    throw new Error(`being built ${id} ${timeoutMs}`);
  }
  isFull(): boolean {
    return false;
  }
  async stop(): Promise<void> {}
}
