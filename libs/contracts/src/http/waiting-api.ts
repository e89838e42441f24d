import { z } from 'zod';
import { idSchema } from '../fields.js';
import { text } from '../text.js';
import { pauseSchema } from './pauses-api.js';
import { idListSchema } from './id-list.js';
import { pageQueryShape } from './paging.js';

/** Deliveries are counted this far, per item: a backlog of millions answers as fast as one of thousands. */
export const MAX_COUNTED = 10_000;

/** One item per destination; with `callbackId` or `destination` one per callback. */
export const waitingQuerySchema = z.strictObject({
  ...pageQueryShape,
  // It holds a destination, which may be as long as a callback's URL.
  cursor: text(8_000).optional(),
  callbackId: idListSchema.optional(),
  destination: text(4_200).optional(),
});
export type WaitingQuery = z.infer<typeof waitingQuerySchema>;

/** Nothing is sent there until one request, tried when `openUntil` has passed, succeeds. */
export const openBreakerSchema = z.object({
  scope: z.enum(['destination', 'callback']),
  openedAt: z.string(),
  openUntil: z.string(),
  /** Times in a row that it was opened: each waits longer. */
  openings: z.int(),
  /** The failure that opened it, in words. */
  reason: z.string(),
});
export type OpenBreaker = z.infer<typeof openBreakerSchema>;

/** What waits for one destination, or for one callback, and why. Times are the dispatchers'. */
export const waitingItemSchema = z.object({
  destination: z.string(),
  /** Null where the item stands for all callbacks of the destination. */
  callbackId: idSchema.nullable(),
  /** Callbacks that have something waiting. */
  callbacks: z.int(),
  /** Deliveries that are kept to be sent later, those under way included; at least this many when `parkedIsCapped`. */
  parked: z.int(),
  parkedIsCapped: z.boolean(),
  /** Of these, those whose time has come and that are not under way; `MAX_COUNTED` stands for that many or more. */
  due: z.int(),
  /** Under way at this moment. */
  beingSent: z.int(),
  /** Since when the one that is due the longest has been due; null when none is. */
  oldestDueAt: z.string().nullable(),
  /** When the next one becomes due that is not due yet. */
  nextDueAt: z.string().nullable(),
  /** One that holds all of the item; null when there is none. */
  breaker: openBreakerSchema.nullable(),
  /** The widest pause that holds all of the item; null when there is none. */
  pause: pauseSchema.omit({ key: true }).nullable(),
  /** A backlog goes out at its bounded rate, and what is new joins it. */
  draining: z.boolean(),
  /** The callback, or every one of them, is disabled. */
  disabled: z.boolean(),
  /** What the item waits for, in words. */
  waitsFor: z.string(),
});
export type WaitingItem = z.infer<typeof waitingItemSchema>;

/** How far the dispatchers are behind what was published: events whose deliveries are neither made nor kept. */
export const lagSchema = z.object({
  events: z.int(),
  partitions: z.array(
    z.object({
      partition: z.int(),
      nextOffset: z.int(),
      endOffset: z.int(),
      /** The dispatcher that works the partition; null when none does. */
      owner: z.string().nullable(),
    }),
  ),
});
export type Lag = z.infer<typeof lagSchema>;

/** `lag` is null while Kafka does not answer. */
export const waitingPageSchema = z.object({
  lag: lagSchema.nullable(),
  items: z.array(waitingItemSchema),
  nextCursor: z.string().nullable(),
});
export type WaitingPage = z.infer<typeof waitingPageSchema>;
