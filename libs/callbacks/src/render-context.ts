import type { ConversionEvent } from '@ringback/contracts';

/** Everything a macro can read. One per attempt; reading it has no side effect but drawing from `random`. */
export interface RenderContext {
  readonly event: ConversionEvent;
  readonly callbackId: number;
  readonly offerName: string;
  readonly affiliateName: string;
  /** Of the conversion's goal; null when it has none. */
  readonly goalName: string | null;
  readonly deliveryId: string;
  /** 1 for the first request of a delivery. */
  readonly attempt: number;
  /** When this attempt is made, ms since the epoch: what `{sent_at}`, `{timestamp}`, `{date}` and `{time}` tell. */
  readonly sentAtMs: number;
  /** A fresh value for each `{random}`, e.g. 16 hexadecimal digits. */
  readonly random: () => string;
}
