import { z } from 'zod';
import { conversionInputSchema, conversionSchema } from '../conversion.js';
import { askedTimeSchema, conversionStatusSchema, idSchema, rejectReasonSchema, uuidSchema } from '../fields.js';
import { name } from '../text.js';
import { pageQueryShape, pageSchema } from './paging.js';
import { problemSchema } from './problem.js';

/** Most items of one batch. */
export const MAX_BATCH_ITEMS = 1_000;

/** Kept 7 days. */
export const idempotencyKeySchema = name(255);

/**
 * Items are checked one by one by the service, so that a bad one spoils none of the others: here they are only counted.
 * Each is a conversion input with an optional `idempotencyKey`.
 */
export const conversionBatchSchema = z.strictObject({ items: z.array(z.unknown()).min(1).max(MAX_BATCH_ITEMS) });
export const conversionBatchItemSchema = conversionInputSchema.safeExtend({ idempotencyKey: idempotencyKeySchema.optional() });

export const statusBatchSchema = z.strictObject({ items: z.array(z.unknown()).min(1).max(MAX_BATCH_ITEMS) });
export const statusBatchItemSchema = z
  .strictObject({ id: uuidSchema, status: conversionStatusSchema, rejectReason: rejectReasonSchema.optional() })
  .superRefine((input, context) => {
    if (input.rejectReason !== undefined && input.status !== 'rejected')
      context.addIssue({ code: 'custom', path: ['rejectReason'], message: 'goes with status "rejected" only' });
  });

/** An answer per item, in the order of the request: `status` is what the single route would have answered. */
export const batchAnswerSchema = z.object({
  items: z.array(
    z.union([
      z.object({ status: z.union([z.literal(200), z.literal(201)]), conversion: conversionSchema }),
      z.object({ status: z.int().min(400), problem: problemSchema }),
    ]),
  ),
});
export type BatchAnswer = z.infer<typeof batchAnswerSchema>;

export const statusHistoryEntrySchema = z.object({
  eventId: uuidSchema,
  version: z.int(),
  status: conversionStatusSchema,
  previousStatus: conversionStatusSchema.nullable(),
  rejectReason: z.string().nullable(),
  revision: z.int(),
  at: z.string(),
});
/** Which event made a conversion what it is: what the gateway takes from the history for those who render it. */
export const newestEventSchema = z.strictObject({ id: uuidSchema, previousStatus: conversionStatusSchema.nullable() });
export type NewestEvent = z.infer<typeof newestEventSchema>;

/** One conversion with its history, oldest first. */
export const conversionDetailSchema = conversionSchema.extend({ history: z.array(statusHistoryEntrySchema) });
export type ConversionDetail = z.infer<typeof conversionDetailSchema>;

export const conversionListQuerySchema = z.strictObject({
  ...pageQueryShape,
  offerId: z.coerce.number().pipe(idSchema).optional(),
  affiliateId: z.coerce.number().pipe(idSchema).optional(),
  goalId: z.coerce.number().pipe(idSchema).optional(),
  status: conversionStatusSchema.optional(),
  transactionId: name(255).optional(),
  clickId: name(255).optional(),
  from: askedTimeSchema.optional(),
  to: askedTimeSchema.optional(),
});
export type ConversionListQuery = z.infer<typeof conversionListQuerySchema>;

/** A page of conversions, newest first. A page that ran out of time says how far it looked. */
export const conversionPageSchema = pageSchema(conversionSchema).extend({ searchedThrough: z.string().nullable() });
export type ConversionPage = z.infer<typeof conversionPageSchema>;
