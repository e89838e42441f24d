import type { HeldLease } from './held-lease.js';

export interface PartitionHealth {
  readonly partition: number;
  /** `waiting`: for its lease or position; `expired`: PostgreSQL is away too long to start anything */
  readonly state: 'waiting' | 'live' | 'expired' | 'draining';
  readonly epoch: number | null;
  /** The next offset to admit. */
  readonly nextOffset: number | null;
}

export interface ConsumerHealth {
  /** Since the fetch loop last turned, or Kafka was tried again, in ms. Alive is what stays below 30 s. */
  readonly sinceTickMs: number;
  readonly waitingFor: 'kafka' | 'postgresql' | null;
  readonly partitions: PartitionHealth[];
}

/** What a part says of itself to a service's health. */
export interface StreamHealth {
  readonly ok: boolean;
  readonly detail?: string;
  readonly waitsFor?: 'kafka' | 'postgresql';
}

/** @param lease undefined: assigned, but not held yet */
export function partitionHealth(partition: number, lease: HeldLease | undefined): PartitionHealth {
  return { partition, state: stateOf(lease), epoch: lease?.epoch ?? null, nextOffset: lease?.nextOffset ?? null };
}

function stateOf(lease: HeldLease | undefined): PartitionHealth['state'] {
  if (lease === undefined) return 'waiting';
  if (lease.isLeaving) return 'draining';
  if (!lease.isLive()) return 'expired';
  return lease.isPositioned ? 'live' : 'waiting';
}
