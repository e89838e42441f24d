import { randomUUID } from 'node:crypto';
import type pg from 'pg';
import { deliveryAnnouncementKey, DISPATCHER_SOURCE, encodeEvent, type DeliveryAnnouncement } from '@ringback/contracts';
import { appendToOutbox } from '@ringback/event-stream';
import type { Delivery } from '../delivery/delivery.js';
import type { FailingCallbacks } from './failing-callbacks.js';
import { readBatchHealth } from './failure-streaks.js';
import { recordHealth, type Judged } from './record-health.js';
import { textOf } from './storable-text.js';

export interface EndsOptions {
  readonly failing: FailingCallbacks;
  /** Full name of `callbacks.deliveries`. */
  readonly topic: string;
}

/** Deliveries of a batch, by id, that this transaction recorded, and that no earlier one had. */
export interface NewlyRecorded {
  /** Their attempt failed, and they go on. */
  readonly failed: ReadonlySet<string>;
  readonly exhausted: ReadonlySet<string>;
}

/**
 * What is over, told to the others: deliveries that are exhausted, callbacks that fail for days or are given up. Inside the recorder's
 * transaction, so each is announced if, and only if, it is recorded.
 * @returns how many announcements wait in the outbox for the commit
 */
export async function announceEnds(
  client: pg.ClientBase,
  rows: readonly Delivery[],
  { failed, exhausted }: NewlyRecorded,
  { failing, topic, nowMs }: EndsOptions & { readonly nowMs: number },
): Promise<number> {
  const allFailed = exhausted.size === 0 ? failed : failed.size === 0 ? exhausted : new Set([...failed, ...exhausted]);
  const judged = await recordHealth(client, readBatchHealth(rows, allFailed, failing), failing);
  if (judged.length === 0 && exhausted.size === 0) return 0;
  const time = new Date(nowMs).toISOString();
  const events = [
    ...rows.filter(({ id }) => exhausted.has(id)).map((delivery) => exhaustedEvent(delivery, time)),
    ...judged.map((one) => verdictEvent(one, time)),
  ];
  await appendToOutbox(
    client,
    'dispatcher',
    events.map((event) => ({ topic, key: deliveryAnnouncementKey(event), value: encodeEvent(event) })),
  );
  return events.length;
}

function exhaustedEvent(delivery: Delivery, time: string): DeliveryAnnouncement {
  const { id: conversionId, offerId, affiliateId } = delivery.event.event.data.conversion;
  const { id: deliveryId, callbackId, attempts, httpStatus, outcome } = delivery;
  const error = outcome?.kind === 'exhausted' ? textOf(outcome.error) : '';
  return {
    ...envelope(time, deliveryId),
    type: 'DeliveryExhausted',
    data: { deliveryId, callbackId, offerId, affiliateId, conversionId, attempts, httpStatus, error },
  };
}

function verdictEvent({ health, offerId, verdict }: Judged, time: string): DeliveryAnnouncement {
  const { callbackId, version } = health;
  const common = { callbackId, version, offerId };
  switch (verdict.kind) {
    case 'disabled':
      return {
        ...envelope(time, String(callbackId)),
        type: 'CallbackDisabled',
        data: {
          ...common,
          reason: verdict.reason,
          failingSince: verdict.failingSinceMs === null ? null : new Date(verdict.failingSinceMs).toISOString(),
        },
      };
    case 'failing':
      return {
        ...envelope(time, String(callbackId)),
        type: 'CallbackFailing',
        data: {
          ...common,
          failingSince: new Date(health.failingSinceMs).toISOString(),
          failedAttempts: health.failedAttempts,
          days: verdict.days,
          disabledAfter: new Date(verdict.disabledAfterMs).toISOString(),
        },
      };
  }
}

function envelope(time: string, subject: string) {
  return { specversion: '1.0', id: randomUUID(), source: DISPATCHER_SOURCE, subject, time, datacontenttype: 'application/json' } as const;
}
