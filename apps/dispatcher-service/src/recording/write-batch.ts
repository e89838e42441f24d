import type pg from 'pg';
import type { ConversionErased } from '@ringback/contracts';
import { insertDeadLetters, moveProgress, type DeadLetter } from '@ringback/event-stream';
import type { Delivery } from '../delivery/delivery.js';
import { recordErasures } from '../erasure/record-erasures.js';
import type { PartitionIntake } from '../intake/partition-intake.js';
import { insertPartial } from '../statistics/insert-partial.js';
import { advanceQueues, findSuccessors, type QueueAdvance } from './advance-queues.js';
import { announceEnds, type EndsOptions } from './announce-ends.js';
import { insertAttempts } from './insert-attempts.js';
import { insertParked, type Parking } from './insert-parked.js';
import { insertSettled } from './insert-settled.js';
import { recordRedeliveries } from './record-redeliveries.js';
import { deleteParked, rescheduleParked } from './settle-parked.js';

const SCHEMA = 'dispatcher';

/** Between the end of a request and the end of its lease there is this much time to record it, in ms. */
export const LEASE_MARGIN_MS = 5_000;

/** What one transaction records. */
export interface Batch {
  readonly rows: readonly Delivery[];
  readonly letters: readonly { readonly partition: PartitionIntake; readonly letter: DeadLetter }[];
  readonly erasures: readonly { readonly partition: PartitionIntake; readonly erasure: ConversionErased['data'] }[];
  /** Every partition that rows, letters or erasures belong to is among them: moving its progress, be it by nothing, proves that it is still ours. */
  readonly moves: ReadonlyMap<PartitionIntake, number>;
}

export interface WriteOptions {
  readonly instanceId: string;
  readonly nowMs: number;
  readonly monotonicMs: number;
  /** When a delivery that is parked now is given up. */
  readonly expiresAtMs: (delivery: Delivery) => number;
  readonly ends: EndsOptions;
}

export interface Written {
  /** The partitions that turned out to be another's: nothing of theirs was parked or moved, only what settled was logged. */
  readonly refused: ReadonlySet<PartitionIntake>;
  /** Wait in the outbox for the commit. */
  readonly announcements: number;
}

/** Writes a batch inside the caller's transaction. */
export async function writeBatch(client: pg.ClientBase, batch: Batch, options: WriteOptions): Promise<Written> {
  const refused = await move(client, batch.moves, options.instanceId);
  const letters = batch.letters.filter(({ partition }) => !refused.has(partition));
  if (letters.length > 0)
    await insertDeadLetters(
      client,
      SCHEMA,
      letters.map(({ letter }) => letter),
    );
  await recordErasures(
    client,
    batch.erasures.filter(({ partition }) => !refused.has(partition)).map(({ erasure }) => erasure),
  );

  const { logged, parkings, deleted, rescheduled } = sortRows(batch.rows, refused, options);
  await insertParked(client, parkings);
  const stillOurs = new Set([...(await deleteParked(client, deleted)), ...(await rescheduleParked(client, rescheduled))]);
  const given = rescheduled.filter(({ id }) => stillOurs.has(id));
  const retried = [...parkings.map(({ delivery }) => delivery), ...given].filter(({ outcome }) => outcome?.kind === 'retry');
  const failed = await insertAttempts(client, retried);
  const ended = deleted.filter(({ id }) => stillOurs.has(id));
  const again = ended.filter(({ redelivery }) => redelivery !== null);
  // What is sent again under its own id stands in the log already.
  const toLog = ended.filter(({ redelivery }) => redelivery === null || redelivery.of !== null);
  const { settled, exhausted } = await insertSettled(client, [...logged, ...toLog], options.nowMs);
  const failedAgain = await recordRedeliveries(client, again, options.nowMs);
  const counted = {
    settled,
    // One that ended unsent leaves the log, and what is counted, as they were.
    redelivered: again.filter(({ redelivery, outcome }) => redelivery!.of === null && outcome!.kind !== 'cancelled'),
    failed: retried.filter(({ id }) => failed.has(id)),
  };
  await insertPartial(client, counted, options.nowMs);
  await advanceQueues(client, [
    ...parkings.filter(({ leaseMs }) => leaseMs === null).map(({ delivery, dueAtMs }) => advanceTo(delivery, dueAtMs)),
    ...given.map((delivery) => advanceTo(delivery, dueOf(delivery.outcome))),
    ...(await findSuccessors(client, deleted, options.nowMs)),
  ]);
  const newlyFailed = failedAgain.size === 0 ? failed : new Set([...failed, ...failedAgain]);
  const announcements = await announceEnds(
    client,
    batch.rows,
    { failed: newlyFailed, exhausted },
    { ...options.ends, nowMs: options.nowMs },
  );
  return { refused, announcements };
}

async function move(client: pg.ClientBase, moves: Batch['moves'], instanceId: string): Promise<ReadonlySet<PartitionIntake>> {
  if (moves.size === 0) return new Set();
  const refused = await moveProgress(
    client,
    SCHEMA,
    instanceId,
    [...moves].map(([{ lease }, nextOffset]) => ({ topic: lease.topic, partition: lease.partition, epoch: lease.epoch, nextOffset })),
  );
  if (refused.length === 0) return new Set();
  return new Set(
    [...moves.keys()].filter(({ lease }) => refused.some(({ partition, epoch }) => partition === lease.partition && epoch === lease.epoch)),
  );
}

interface SortedRows {
  /** Of the window, settled. */
  readonly logged: Delivery[];
  /** Of the window, to be parked. */
  readonly parkings: Parking[];
  /** Parked, settled. */
  readonly deleted: Delivery[];
  /** Parked, to go on later. */
  readonly rescheduled: Delivery[];
}

function sortRows(rows: readonly Delivery[], refused: ReadonlySet<PartitionIntake>, options: WriteOptions): SortedRows {
  const sorted: SortedRows = { logged: [], parkings: [], deleted: [], rescheduled: [] };
  for (const delivery of rows) {
    const { outcome, lease, tracked, pendingLease } = delivery;
    const isFinal = pendingLease === null && outcome !== null && outcome.kind !== 'retry' && outcome.kind !== 'wait';
    if (lease !== null) {
      (isFinal ? sorted.deleted : sorted.rescheduled).push(delivery);
    } else if (isFinal) {
      // Even when the partition is lost by now: what was sent was sent.
      sorted.logged.push(delivery);
    } else if (tracked !== null && !tracked.partition.lost && !refused.has(tracked.partition)) {
      sorted.parkings.push({
        delivery,
        dueAtMs: pendingLease === null ? dueOf(outcome) : options.nowMs,
        expiresAtMs: options.expiresAtMs(delivery),
        // Where PostgreSQL was away for longer than the request took, there is still time to write what came of it.
        leaseMs: pendingLease === null ? null : Math.max(LEASE_MARGIN_MS, pendingLease.endsAt - options.monotonicMs),
      });
    }
  }
  return sorted;
}

function advanceTo({ callbackId, destination, event }: Delivery, dueAtMs: number): QueueAdvance {
  return { callbackId, destination, affiliateId: event.event.data.conversion.affiliateId, dueAtMs };
}

function dueOf(outcome: Delivery['outcome']): number {
  if (outcome?.kind === 'retry' || outcome?.kind === 'wait') return outcome.dueAtMs;
  throw new RangeError('a delivery that goes on has a due time');
}
