import { decodeConversionEvent } from '@ringback/contracts';
import type { DeliveryEvent } from '../delivery/delivery.js';
import { DAY_MS, RETENTION_DAYS } from '../schema/day-partitions.js';

/** An event whose clock is further ahead than this is refused: its partition of the log may not exist yet. */
const MAX_AHEAD_MS = DAY_MS;

/** PostgreSQL's `integer`. */
const MAX_VERSION = 2_147_483_647;

export type ReadEvent = { readonly ok: true; readonly event: DeliveryEvent } | { readonly ok: false; readonly reason: string };

/**
 * Reads a message of `conversions.events`.
 * @returns the event, or why it goes to the dead letters: `unreadable`, `too-old` (the log can no longer tell whether it was delivered) or
 * `too-new`.
 */
export function readEvent(value: Buffer | null, nowMs: number): ReadEvent {
  const decoded = decodeConversionEvent(value);
  if (!decoded.ok) return { ok: false, reason: `unreadable: ${decoded.reason}` };
  if (decoded.event.data.conversion.version > MAX_VERSION)
    return { ok: false, reason: `unreadable: data.conversion.version: is above ${MAX_VERSION}` };
  const recordedAtMs = Date.parse(decoded.event.time);
  if (recordedAtMs < nowMs - RETENTION_DAYS * DAY_MS)
    return { ok: false, reason: `too-old: recorded ${decoded.event.time}, and the log is kept for ${RETENTION_DAYS} days` };
  if (recordedAtMs > nowMs + MAX_AHEAD_MS) return { ok: false, reason: `too-new: recorded ${decoded.event.time}, more than a day ahead` };
  return { ok: true, event: { event: decoded.event, recordedAtMs, bytes: value! } };
}
