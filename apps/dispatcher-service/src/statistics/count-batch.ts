import type { Delivery } from '../delivery/delivery.js';
import { bucketOf, pushBucket } from './histogram.js';
import type { PackableTally } from './pack-partial.js';
import { AT, COUNTERS } from './tally.js';

/** What a transaction recorded that no earlier one had: what it found recorded already was counted there. */
export interface NewlyCounted {
  /** Came into the log. */
  readonly settled: readonly Delivery[];
  /** Stood in the log, and were sent again: their outcome is counted apart, so that no delivery counts twice. */
  readonly redelivered: readonly Delivery[];
  /** Their attempt failed, and they go on. */
  readonly failed: readonly Delivery[];
}

interface Counting extends PackableTally {
  readonly counters: number[];
  readonly latency: number[];
  readonly duration: number[];
  /** Of the same callback, to another destination: an edited one has two within a batch, hardly any has more. */
  next: Counting | null;
}

/** @returns what a transaction's deliveries add to the statistics, one tally a callback and destination. */
export function countBatch({ settled, redelivered, failed }: NewlyCounted): PackableTally[] {
  const countings: Countings = { byCallback: new Map(), all: [] };
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
  return countings.all;
}

const NOTHING: readonly number[] = COUNTERS.map(() => 0);

interface Countings {
  readonly byCallback: Map<number, Counting>;
  readonly all: Counting[];
}

/** Counts the delivery's attempt, if one was made. @returns where the rest of it is counted */
function counted(countings: Countings, delivery: Delivery): Counting {
  const { attempt } = delivery;
  const counting = countingOf(countings, delivery);
  if (attempt !== null) {
    counting.counters[AT.attempts]!++;
    if (attempt.number === 1) counting.counters[AT.firstAttempts]!++;
    pushBucket(counting.duration, bucketOf(attempt.durationMs));
  }
  return counting;
}

function countingOf({ byCallback, all }: Countings, { callbackId, sentTo, event }: Delivery): Counting {
  const { offerId, affiliateId } = event.event.data.conversion;
  const destination = sentTo ?? '';
  const first = byCallback.get(callbackId) ?? null;
  for (let one = first; one !== null; one = one.next)
    if (one.destination === destination && one.affiliateId === affiliateId && one.offerId === offerId) return one;
  const counting: Counting = {
    offerId,
    affiliateId,
    callbackId,
    destination,
    counters: NOTHING.slice(),
    latency: [],
    duration: [],
    next: first,
  };
  byCallback.set(callbackId, counting);
  all.push(counting);
  return counting;
}
