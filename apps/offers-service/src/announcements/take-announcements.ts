import { decodeDeliveryAnnouncement } from '@ringback/contracts';
import { deadLetter, ok, type IncomingMessage, type OrderedBatch, type Outcome } from '@ringback/event-stream';
import { inTransaction, isDatabaseAway, ProblemError, type Logger } from '@ringback/service-runtime';
import type pg from 'pg';
import { disableCallback } from '../callbacks/disable-callback.js';
import type { ChangeLog } from '../changes/change-log.js';

export interface AnnouncementsContext {
  readonly changes: ChangeLog;
  /** For the progress and what cannot be read. */
  readonly pool: pg.Pool;
  readonly logger: Logger;
}

/**
 * Works what the dispatcher announced: callbacks that it gave up are disabled, the rest is for others. Each disabling is a change of its own,
 * committed before the progress moves: what is announced again finds a newer version and does nothing.
 */
export async function takeAnnouncements(context: AnnouncementsContext, batch: OrderedBatch): Promise<void> {
  const outcomes: Outcome[] = [];
  for (const message of batch.messages) outcomes.push(await take(context, message));
  await inTransaction(context.pool, (client) => batch.record(client, outcomes));
}

async function take({ changes, logger }: AnnouncementsContext, { value }: IncomingMessage): Promise<Outcome> {
  const decoded = decodeDeliveryAnnouncement(value);
  if (!decoded.ok) return deadLetter(`unreadable: ${decoded.reason}`);
  const { event } = decoded;
  if (event.type !== 'CallbackDisabled') return ok;
  const { callbackId, version, reason } = event.data;
  try {
    const isDisabled = await disableCallback(changes, event.data);
    const how = isDisabled ? 'disabled: the dispatcher gave it up' : 'not disabled: it has changed since the dispatcher gave it up';
    logger.info({ callbackId, version, reason }, `a callback is ${how}`);
    return ok;
  } catch (error) {
    if (!(error instanceof ProblemError) || isTransient(error)) throw error;
    logger.error({ error, callbackId, version, reason }, 'a callback that was given up cannot be disabled');
    return deadLetter(`refused: ${error.message}`);
  }
}

/** @returns whether what failed passes by itself: the database is away, or too many changes wait for Kafka. */
export function isTransient(error: unknown): boolean {
  return isDatabaseAway(error) || (error instanceof ProblemError && error.status === 503);
}
