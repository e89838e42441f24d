import type { Today } from '../callback-index/callback-index.js';
import type { DeliveryRow } from '../delivery-log/delivery-row.js';
import type { WantedEvent } from './event-source.js';
import { redeliveryExpiresAt, type AskedAt } from './judge-candidate.js';

/** A delivery of the log that is to be sent again. */
export interface Again {
  readonly oldId: string;
  /** The same, or the new one's. */
  readonly id: string;
  readonly eventId: string;
  readonly event: Buffer;
  readonly callbackId: number;
  readonly affiliateId: number;
  /** Today's. */
  readonly destination: string;
  readonly expiresAtMs: number;
}

export interface AgainAs extends AskedAt {
  readonly id: string;
  /** As the ledger has it. */
  readonly event: Buffer;
  readonly today: Today;
}

export function againOf(row: DeliveryRow, { id, event, today, ...at }: AgainAs): Again {
  return {
    oldId: row.id,
    id,
    eventId: row.event_id,
    event,
    callbackId: row.callback_id,
    affiliateId: row.affiliate_id,
    destination: today.kind === 'live' ? today.callback.destination : (row.destination ?? ''),
    expiresAtMs: redeliveryExpiresAt(id, at),
  };
}

/** What to ask the ledger for. */
export function wantedEventOf(row: DeliveryRow): WantedEvent {
  return { conversionId: row.conversion_id, conversionVersion: row.conversion_version, eventId: row.event_id };
}
