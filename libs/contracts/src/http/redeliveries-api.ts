import { z } from 'zod';
import { askedTimeSchema, idSchema, uuidSchema } from '../fields.js';
import { deliverySchema } from './deliveries-api.js';
import { pageQueryShape, pageSchema } from './paging.js';

/** Fastest redelivery, a second. Each passes PostgreSQL, as a retry does. */
export const MAX_REDELIVERY_RATE = 2_000;
/** Most redeliveries under way at once, paused ones too. */
export const MAX_ACTIVE_REDELIVERIES = 10;
/** What a filter matches is counted this far. */
export const MAX_COUNTED_REDELIVERIES = 100_000;

/** `asNew`: as a delivery of its own, with an id of its own, linked to the old one; else under its id, as a repeat. */
export const redeliverInputSchema = z.strictObject({ asNew: z.boolean().default(false) });
export type RedeliverInput = z.infer<typeof redeliverInputSchema>;

/** Which deliveries: all conditions that are given hold. Only what has ended is sent again. */
export const redeliveryFilterSchema = z
  .strictObject({
    offerId: idSchema.optional(),
    affiliateId: idSchema.optional(),
    callbackId: idSchema.optional(),
    conversionId: uuidSchema.optional(),
    status: z
      .enum(
        ['delivered', 'exhausted', 'cancelled'],
        'must be delivered, exhausted or cancelled: what still waits or is retried is sent anyway',
      )
      .optional(),
    httpStatus: z.int().min(100).max(599).optional(),
    /** Recorded at this time or later. */
    from: askedTimeSchema,
    /** Recorded before this time. */
    to: askedTimeSchema,
  })
  .superRefine(({ from, to }, context) => {
    if (Date.parse(from) >= Date.parse(to)) context.addIssue({ code: 'custom', path: ['to'], message: 'must be later than from' });
  });
export type RedeliveryFilter = z.infer<typeof redeliveryFilterSchema>;

export const redeliveryInputSchema = z.strictObject({
  filter: redeliveryFilterSchema,
  asNew: z.boolean().default(false),
  ratePerSecond: z.int().min(1).max(MAX_REDELIVERY_RATE).default(100),
  /** Only says how many there are, and shows some. */
  dryRun: z.boolean().default(false),
});
export type RedeliveryInput = z.infer<typeof redeliveryInputSchema>;

/** Why a delivery that the filter matches was not sent again. */
export const redeliverySkipSchema = z.enum([
  'callback-deleted',
  'callback-disabled',
  /** It is being sent again already. */
  'in-progress',
  /** Its event is not in the ledger any more. */
  'event-gone',
  /** Its day will have been dropped before it is sent. */
  'no-longer-kept',
  'too-many-attempts',
]);
export type RedeliverySkip = z.infer<typeof redeliverySkipSchema>;

/** `cancelled` and `completed` are for good. */
export const redeliveryStateSchema = z.enum(['running', 'paused', 'cancelled', 'completed']);
export type RedeliveryState = z.infer<typeof redeliveryStateSchema>;

export const redeliverySchema = z.object({
  id: uuidSchema,
  state: redeliveryStateSchema,
  filter: z.object({
    offerId: idSchema.optional(),
    affiliateId: idSchema.optional(),
    callbackId: idSchema.optional(),
    conversionId: uuidSchema.optional(),
    status: z.string().optional(),
    httpStatus: z.int().optional(),
    from: z.string(),
    to: z.string(),
  }),
  asNew: z.boolean(),
  ratePerSecond: z.int(),
  /** Who asked for it. */
  createdBy: z.string(),
  createdAt: z.string(),
  /** What the filter matched when it was created, at least this many unless `totalIsExact`; in the end what was found. */
  total: z.int(),
  totalIsExact: z.boolean(),
  /** Given out to be sent: `waiting`, `delivered`, `failed` and `withdrawn` together. */
  enqueued: z.int(),
  /** Under way, or held by a limit of rate, a pause or a breaker. */
  waiting: z.int(),
  delivered: z.int(),
  /** Their one attempt failed, or they could not be rendered, or waited for too long. */
  failed: z.int(),
  /** Taken back unsent by the cancellation. */
  withdrawn: z.int(),
  skipped: z.array(z.object({ reason: redeliverySkipSchema, count: z.int() })),
  /** What it cannot go on without just now; null when nothing is missing. */
  waitsFor: z.string().nullable(),
  /** When the last will have been given out, at this rate; null when that cannot be told. */
  expectedEndAt: z.string().nullable(),
  /** When nothing of it was left to be sent. */
  finishedAt: z.string().nullable(),
});
export type Redelivery = z.infer<typeof redeliverySchema>;

/** At least `count` unless `isExact`. The sample: the first that would be sent. */
export const redeliveryDryRunSchema = z.object({ count: z.int(), isExact: z.boolean(), sample: z.array(deliverySchema) });
export type RedeliveryDryRun = z.infer<typeof redeliveryDryRunSchema>;

export const redeliveryListQuerySchema = z.strictObject(pageQueryShape);
export type RedeliveryListQuery = z.infer<typeof redeliveryListQuerySchema>;

/** A page of redeliveries, newest first. */
export const redeliveryPageSchema = pageSchema(redeliverySchema);
export type RedeliveryPage = z.infer<typeof redeliveryPageSchema>;
