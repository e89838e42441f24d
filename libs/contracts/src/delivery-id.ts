import { hash } from 'node:crypto';

/**
 * The id of the delivery of an event to a callback: UUIDv8 (RFC 9562 §5.8) of 48 bits of the event's recorded time in ms, then bits of
 * SHA-256 over `<event id>:<callback id>`. The same event and callback give the same id for ever, and ids ascend with time.
 */
export function deliveryId(recordedAtMs: number, eventId: string, callbackId: number): string {
  return timedUuid(recordedAtMs, `${eventId}:${callbackId}`);
}

/**
 * The id of a delivery that is sent again as a new one: UUIDv8 of the redelivery's time, then bits of SHA-256 over
 * `<redelivery id>:<delivery id>`. The same redelivery makes one new delivery of an old one, however often it is begun anew.
 */
export function redeliveredId(redeliveredAtMs: number, redeliveryId: string, oldDeliveryId: string): string {
  return timedUuid(redeliveredAtMs, `${redeliveryId}:${oldDeliveryId}`);
}

/** @returns when the event of a delivery was recorded, in ms since the epoch. */
export function deliveryRecordedAt(id: string): number {
  return Number.parseInt(id.slice(0, 8) + id.slice(9, 13), 16);
}

/** @returns the smallest delivery id of a moment: a bound for ranges over ids. */
export function deliveryIdFloor(recordedAtMs: number): string {
  return `${timePart(recordedAtMs)}-0000-0000-000000000000`;
}

/** Made of text, not of bytes: it is made for every delivery, and costs a third that way. */
function timedUuid(ms: number, hashed: string): string {
  const bits = hash('sha256', hashed, 'hex');
  const variant = VARIANTS[Number.parseInt(bits[4]!, 16) & 3]!;
  return `${timePart(ms)}-8${bits.slice(1, 4)}-${variant}${bits.slice(5, 8)}-${bits.slice(8, 20)}`;
}

/** RFC 9562 §4.1: the two highest bits of the fourth part are 10. */
const VARIANTS = '89ab';

/** The first two parts: 48 bits of a time. */
function timePart(ms: number): string {
  const hex = ms.toString(16).padStart(12, '0');
  return `${hex.slice(0, 8)}-${hex.slice(8)}`;
}
