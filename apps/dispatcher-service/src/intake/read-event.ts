import { decodeConversionMessage, type ConversionErased } from '@ringback/contracts';
import type { DeliveryEvent } from '../delivery/delivery.js';
import { DAY_MS } from '../schema/day-partitions.js';

/** An event whose clock is further ahead than this is refused: its partition of the log may not exist yet. */
const MAX_AHEAD_MS = DAY_MS;

/** PostgreSQL's `integer`. */
const MAX_VERSION = 2_147_483_647;

export type ReadEvent =
  | { readonly kind: 'event'; readonly event: DeliveryEvent }
  | { readonly kind: 'erasure'; readonly erasure: ConversionErased }
  | { readonly kind: 'unreadable'; readonly reason: string };

/**
 * Reads a message of `conversions.events`.
 * @returns what it says, or why it goes to the dead letters: `unreadable`, `too-old` (the log can no longer tell whether it was delivered)
 * or `too-new`. That a conversion was erased holds whenever it was.
 */
export function readEvent(value: Buffer | null, nowMs: number, retentionDays: number): ReadEvent {
  const decoded = decodeConversionMessage(value);
  if (!decoded.ok) return unreadable(`unreadable: ${decoded.reason}`);
  if (decoded.event.type === 'ConversionErased') return { kind: 'erasure', erasure: decoded.event };
  if (decoded.event.data.conversion.version > MAX_VERSION)
    return unreadable(`unreadable: data.conversion.version: is above ${MAX_VERSION}`);
  const recordedAtMs = Date.parse(decoded.event.time);
  if (recordedAtMs < nowMs - retentionDays * DAY_MS) return unreadable(tooOld(decoded.event.time, `for ${retentionDays} days`));
  if (recordedAtMs > nowMs + MAX_AHEAD_MS) return unreadable(`too-new: recorded ${decoded.event.time}, more than a day ahead`);
  return { kind: 'event', event: { event: decoded.event, recordedAtMs, bytes: value!, traceparent: decoded.event.traceparent } };
}

/** @param kept how long, or since when, the log is kept, in words */
export function tooOld(time: string, kept: string): string {
  return `too-old: recorded ${time}, and the log is kept ${kept}`;
}

function unreadable(reason: string): ReadEvent {
  return { kind: 'unreadable', reason };
}
