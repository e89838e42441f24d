import type { Conversion, ConversionStatus } from '@ringback/contracts';
import type { HeldKey, IdempotencyKey, WaitingCommand } from './known-ledger.js';

/** One event of a conversion, as its history keeps it. */
export interface HistoryRow {
  readonly eventId: string;
  readonly conversionId: string;
  readonly version: number;
  readonly status: ConversionStatus;
  readonly previousStatus: ConversionStatus | null;
  readonly rejectReason: string | null;
  readonly revision: number;
  readonly at: string;
}

/** An encoded event and the key it goes to its topic under. */
export interface EncodedEvent {
  readonly key: string;
  readonly value: Buffer;
}

/** Everything that one transaction writes. */
export interface LedgerWrites {
  /** New conversions, as they are at the end of the transaction. */
  readonly created: readonly Conversion[];
  /** Conversions that were there before, as they are at the end of the transaction. */
  readonly changed: readonly Conversion[];
  readonly createdHistory: readonly HistoryRow[];
  readonly changedHistory: readonly HistoryRow[];
  /** In the order they happened. */
  readonly events: readonly EncodedEvent[];
  readonly rejections: readonly EncodedEvent[];
  readonly keys: readonly (IdempotencyKey & { readonly conversionId: string; readonly held: HeldKey })[];
  /** `seq` of waiting commands that are answered. */
  readonly answeredWaiting: readonly number[];
  readonly newWaiting: readonly Omit<WaitingCommand, 'seq'>[];
  /** When, in ms since the epoch. */
  readonly atMs: number;
}
