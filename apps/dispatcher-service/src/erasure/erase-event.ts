import { withoutPersonalFields } from '@ringback/callbacks';
import { decodeConversionEvent, encodeEvent, type ConversionEvent } from '@ringback/contracts';
import type { DeliveryEvent } from '../delivery/delivery.js';

/** Takes the personal fields out of an event in hand: what is rendered from now on has them empty. */
export function eraseEvent(inHand: DeliveryEvent, nowMs: number): void {
  if (inHand.event.data.conversion.erasedAt !== undefined) return;
  inHand.event = erased(inHand.event, new Date(nowMs).toISOString());
  inHand.bytes = encodeEvent(inHand.event);
}

/** @returns a stored event without personal fields; null when it cannot be read, or was erased before. */
export function eraseStoredEvent(bytes: Buffer, erasedAt: string): Buffer | null {
  const decoded = decodeConversionEvent(bytes);
  if (!decoded.ok || decoded.event.data.conversion.erasedAt !== undefined) return null;
  return encodeEvent(erased(decoded.event, erasedAt));
}

function erased(event: ConversionEvent, erasedAt: string): ConversionEvent {
  const conversion = withoutPersonalFields(event.data.conversion, erasedAt);
  return { ...event, data: { ...event.data, conversion } } as ConversionEvent;
}
