import { deliveryRecordedAt, type RedeliverySkip } from '@ringback/contracts';
import { DAY_MS } from '../schema/day-partitions.js';

/** How long something that is sent again may wait, in ms: as long as a delivery may beside its schedule. */
const MAX_WAIT_MS = 7 * DAY_MS;
/** Before its day may be dropped, a redelivery has ended by this much, in ms: what has waited for too long is looked for every hour. */
const DROP_MARGIN_MS = 2 * 60 * 60 * 1000;
/** Attempts are counted in PostgreSQL's `smallint`. */
const MAX_ATTEMPTS = 30_000;

/** When it is asked, and how long the log is kept. */
export interface AskedAt {
  readonly nowMs: number;
  readonly retentionDays: number;
}

export interface Candidate {
  readonly id: string;
  readonly attempts: number;
}

/** @returns why a delivery that has ended cannot be sent again now; null when it can. */
export function whyNotAgain({ id, attempts }: Candidate, callback: 'live' | 'disabled' | 'deleted', at: AskedAt): RedeliverySkip | null {
  if (!isKept(id, at)) return 'no-longer-kept';
  if (callback === 'deleted') return 'callback-deleted';
  if (callback === 'disabled') return 'callback-disabled';
  return attempts >= MAX_ATTEMPTS ? 'too-many-attempts' : null;
}

/** @returns whether what belongs to the delivery's day will be there for a while. */
export function isKept(id: string, { nowMs, retentionDays }: AskedAt): boolean {
  return keptUntilMs(id, retentionDays) > nowMs;
}

/** @returns when a redelivery under this id that waits since now is given up: before its event's day is dropped. */
export function redeliveryExpiresAt(id: string, { nowMs, retentionDays }: AskedAt): number {
  return Math.min(nowMs + MAX_WAIT_MS, keptUntilMs(id, retentionDays));
}

function keptUntilMs(id: string, retentionDays: number): number {
  return deliveryRecordedAt(id) + retentionDays * DAY_MS - DROP_MARGIN_MS;
}
