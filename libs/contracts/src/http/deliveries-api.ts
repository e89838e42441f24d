import { z } from 'zod';
import { conversionStatusSchema, idSchema, timestampSchema, uuidSchema } from '../fields.js';
import { pageQueryShape } from './paging.js';

export const deliveryStatusSchema = z.enum(['waiting', 'retrying', 'delivered', 'exhausted', 'cancelled']);
export type DeliveryStatus = z.infer<typeof deliveryStatusSchema>;

export const deliverySchema = z.object({
  id: uuidSchema,
  eventId: z.string(),
  eventType: z.enum(['ConversionCreated', 'StatusChanged']),
  conversionId: uuidSchema,
  conversionVersion: z.int(),
  offerId: idSchema,
  affiliateId: idSchema,
  callbackId: idSchema,
  conversionStatus: conversionStatusSchema,
  status: deliveryStatusSchema,
  /** Attempts made so far. */
  attempts: z.int(),
  /** Of the last attempt; null when it got no answer, or none was made. */
  httpStatus: z.int().nullable(),
  /** Scheme, host and port; null when the request could not be rendered. */
  destination: z.string().nullable(),
  /** Why the last attempt failed, or the delivery ended, in words. */
  error: z.string().nullable(),
  /** When the event was recorded. */
  recordedAt: z.string(),
  /** When the delivery ended; null while it waits or is retried. */
  settledAt: z.string().nullable(),
  nextAttemptAt: z.string().nullable(),
});
export type Delivery = z.infer<typeof deliverySchema>;

/** A body, or part of one: as text where it is valid UTF-8, else base64. */
export const bodySchema = z.object({ text: z.string().optional(), base64: z.string().optional(), bytes: z.int(), truncated: z.boolean() });
const headersSchema = z.array(z.object({ name: z.string(), value: z.string() }));

/** One HTTP request made for a delivery. Secrets are masked. An exchange that could not be stored is null, and `error` says so. */
export const attemptSchema = z.object({
  number: z.int(),
  startedAt: z.string(),
  durationMs: z.number(),
  httpStatus: z.int().nullable(),
  error: z.string().nullable(),
  request: z.object({ method: z.string(), url: z.string(), headers: headersSchema, body: bodySchema.nullable() }).nullable(),
  response: z.object({ headers: headersSchema, body: bodySchema.nullable() }).nullable(),
});
export type DeliveryAttempt = z.infer<typeof attemptSchema>;

export const deliveryDetailSchema = deliverySchema.extend({ attemptLog: z.array(attemptSchema) });
export type DeliveryDetail = z.infer<typeof deliveryDetailSchema>;

export const deliveryListQuerySchema = z.strictObject({
  ...pageQueryShape,
  offerId: z.coerce.number().pipe(idSchema).optional(),
  affiliateId: z.coerce.number().pipe(idSchema).optional(),
  callbackId: z.coerce.number().pipe(idSchema).optional(),
  conversionId: uuidSchema.optional(),
  status: deliveryStatusSchema.optional(),
  httpStatus: z.coerce.number().int().min(100).max(599).optional(),
  from: timestampSchema.optional(),
  to: timestampSchema.optional(),
});
export type DeliveryListQuery = z.infer<typeof deliveryListQuerySchema>;

/** A page of deliveries, newest first. A page that ran out of time says how far it looked. */
export const deliveryPageSchema = z.object({
  items: z.array(deliverySchema),
  nextCursor: z.string().nullable(),
  searchedThrough: z.string().nullable(),
});
export type DeliveryPage = z.infer<typeof deliveryPageSchema>;
