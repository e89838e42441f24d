import type { Delivery } from '../delivery/delivery.js';
import { bucketOf, pushBucket } from './histogram.js';
import { AT, COUNTERS, type Tally } from './tally.js';

/** What a transaction recorded that no earlier one had: what it found recorded already was counted there. */
export interface NewlyCounted {
  /** Came into the log. */
  readonly settled: readonly Delivery[];
  /** Stood in the log, and were sent again: their outcome is counted apart, so that no delivery counts twice. */
  readonly redelivered: readonly Delivery[];
  /** Their attempt failed, and they go on. */
  readonly failed: readonly Delivery[];
}

interface Counting {
  readonly delivery: Delivery;
  readonly destination: string;
  readonly counters: number[];
  readonly latency: number[];
  readonly duration: number[];
}

/** @returns what a transaction's deliveries add to the statistics, one tally a callback and destination. */
export function countBatch({ settled, redelivered, failed }: NewlyCounted): Tally[] {
  const countings = new Map<string, Counting>();
  for (const delivery of settled) {
    const { counters, latency } = counted(countings, delivery);
    const { outcome, attempt } = delivery;
    switch (outcome!.kind) {
      case 'delivered':
        counters[AT.delivered]!++;
        if (delivery.attempts === 1) counters[AT.deliveredFirstTry]!++;
        if (attempt !== null) pushBucket(latency, bucketOf(attempt.startedAtMs + attempt.durationMs - delivery.event.recordedAtMs));
        break;
      case 'exhausted':
        counters[AT.exhausted]!++;
        break;
      case 'cancelled':
        counters[AT.cancelled]!++;
        break;
      case 'retry':
      case 'wait':
        throw new RangeError('a delivery that goes on is not settled');
    }
  }
  for (const delivery of redelivered)
    counted(countings, delivery).counters[delivery.outcome?.kind === 'delivered' ? AT.redelivered : AT.redeliveriesFailed]!++;
  for (const delivery of failed) counted(countings, delivery);
  return Array.from(countings.values(), ({ delivery, destination, counters, latency, duration }) => {
    const { offerId, affiliateId } = delivery.event.event.data.conversion;
    const { callbackId } = delivery;
    return { offerId, affiliateId, callbackId, destination, counters, latency: Buffer.from(latency), duration: Buffer.from(duration) };
  });
}

/** Counts the delivery's attempt, if one was made. @returns where the rest of it is counted */
function counted(countings: Map<string, Counting>, delivery: Delivery): Counting {
  const { attempt, event } = delivery;
  const destination = delivery.sentTo ?? '';
  const key = `${delivery.callbackId} ${event.event.data.conversion.affiliateId} ${destination}`;
  let counting = countings.get(key);
  if (counting === undefined) {
    counting = { delivery, destination, counters: COUNTERS.map(() => 0), latency: [], duration: [] };
    countings.set(key, counting);
  }
  if (attempt !== null) {
    counting.counters[AT.attempts]!++;
    if (attempt.number === 1) counting.counters[AT.firstAttempts]!++;
    pushBucket(counting.duration, bucketOf(attempt.durationMs));
  }
  return counting;
}
