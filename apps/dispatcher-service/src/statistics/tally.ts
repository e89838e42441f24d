/** What is counted, in the order of columns and of packed numbers. */
export const COUNTERS = [
  'delivered',
  'deliveredFirstTry',
  'exhausted',
  'cancelled',
  'redelivered',
  'redeliveriesFailed',
  'attempts',
  'firstAttempts',
] as const;
export type Counter = (typeof COUNTERS)[number];

/** The columns of {@link COUNTERS}. */
export const COUNTER_COLUMNS = COUNTERS.map((name) => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`));

/** Where each counter stands. */
export const AT = Object.fromEntries(COUNTERS.map((name, index) => [name, index])) as Record<Counter, number>;

/** Whose figures they are. */
export interface TallyKey {
  readonly offerId: number;
  readonly affiliateId: number;
  readonly callbackId: number;
  /** Empty where no request was made: nothing could be rendered, or the callback was deleted before. */
  readonly destination: string;
}

/** Figures of one key over some time. */
export interface Tally extends TallyKey {
  /** By {@link AT}. */
  readonly counters: readonly number[];
  /** Event recorded → 2xx, of deliveries; the bytes of a histogram. */
  readonly latency: Uint8Array;
  /** Of every request; the bytes of a histogram. */
  readonly duration: Uint8Array;
}
