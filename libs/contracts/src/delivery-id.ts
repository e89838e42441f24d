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
  const bytes = Buffer.alloc(16);
  bytes.writeUIntBE(recordedAtMs, 0, 6);
  return formatUuid(bytes);
}

function timedUuid(ms: number, hashed: string): string {
  const bytes = Buffer.alloc(16);
  bytes.writeUIntBE(ms, 0, 6);
  hash('sha256', hashed, 'buffer').copy(bytes, 6, 0, 10);
  bytes[6] = (bytes[6]! & 0x0f) | 0x80;
  bytes[8] = (bytes[8]! & 0x3f) | 0x80;
  return formatUuid(bytes);
}

function formatUuid(bytes: Buffer): string {
  const hex = bytes.toString('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}
