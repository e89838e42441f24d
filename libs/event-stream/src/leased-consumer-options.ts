import type pg from 'pg';
import type { EventStreamLogger } from './kafka-log.js';
import type { EventStream } from './kafka.js';
import type { PartitionWorker } from './partition-worker.js';

export interface LeasedConsumerOptions {
  readonly stream: EventStream;
  readonly groupId: string;
  /** Full name, prefix included. */
  readonly topic: string;
  /** Keep at least two connections more in it than the worker itself can hold at once: leases are renewed through it. */
  readonly pool: pg.Pool;
  /** Where `intakeTablesSql` was run. */
  readonly schema: string;
  /** Unique among the living processes of the group: it owns the leases. */
  readonly instanceId: string;
  readonly worker: PartitionWorker;
  readonly logger: EventStreamLogger;
  /** Called once, when the consumer can never go on. The process should end; `stop` may still be called. */
  onFatal(error: Error): void;
  /** Also how long a lease lasts. Default 10,000. */
  readonly sessionTimeoutMs?: number;
  /** Never goes back. Default: the process's. */
  readonly monotonicMs?: () => number;
}
