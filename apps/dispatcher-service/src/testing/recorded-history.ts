import { inTransaction } from '@ringback/service-runtime';
import type pg from 'pg';
import type { Delivery } from '../delivery/delivery.js';
import { insertAttempts } from '../recording/insert-attempts.js';
import { insertSettled } from '../recording/insert-settled.js';
import { insertPartial } from '../statistics/insert-partial.js';
import { aSettledDelivery } from './settled-delivery.js';

/** A moment and what the recorder wrote at it. */
interface RecordedBatch {
  readonly atMs: number;
  readonly settled: readonly Delivery[];
  readonly failed: readonly Delivery[];
}

/** Numbers that look random and are the same each time (a linear congruential generator, Numerical Recipes). */
function pseudoRandom(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

/** @returns batches of deliveries of some offers, affiliates, callbacks and destinations, spread over a time. */
export function aHistory(seed: number, fromMs: number, toMs: number, batches: number): RecordedBatch[] {
  const random = pseudoRandom(seed);
  return Array.from({ length: batches }, () => {
    const atMs = fromMs + random(toMs - fromMs);
    const deliveries = Array.from({ length: 1 + random(6) }, () => aDeliveryOf(random, atMs));
    return {
      atMs,
      settled: deliveries.filter(({ outcome }) => outcome!.kind !== 'retry'),
      failed: deliveries.filter(({ outcome }) => outcome!.kind === 'retry'),
    };
  });
}

function aDeliveryOf(random: (below: number) => number, atMs: number): Delivery {
  const callbackId = 1 + random(9);
  const kind = random(10);
  const status = kind < 6 ? 200 : 500;
  const delivery = aSettledDelivery({ callbackId, atMs: atMs - 10, status, exhausted: kind === 6 });
  const { conversion } = delivery.event.event.data;
  Object.assign(conversion, { offerId: 1 + (callbackId % 3), affiliateId: 1 + (callbackId % 2) });
  delivery.sentTo = `http://host-${1 + random(2)}:80`;
  if (kind === 7) Object.assign(delivery, { outcome: { kind: 'cancelled', error: 'deleted' }, attempt: null, attempts: 0, sentTo: null });
  if (kind === 5) delivery.attempts = 3;
  if (delivery.attempt !== null) delivery.attempt = { ...delivery.attempt, number: delivery.attempts, durationMs: 1 + random(2_000) };
  return delivery;
}

/** Writes batches as the recorder does, each in its transaction. */
export async function record(pool: pg.Pool, history: readonly RecordedBatch[]): Promise<void> {
  for (const { atMs, settled, failed } of history)
    await inTransaction(pool, async (client) => {
      await insertAttempts(client, failed);
      const written = await insertSettled(client, settled, atMs);
      await insertPartial(client, { settled: written.settled, redelivered: [], failed }, atMs);
    });
}
