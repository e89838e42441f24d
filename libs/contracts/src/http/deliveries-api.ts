import { z } from 'zod';
import { askedTimeSchema, conversionStatusSchema, idSchema, uuidSchema } from '../fields.js';
import { text } from '../text.js';
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
  /** Attempts made so far, those of redeliveries under the same id too. */
  attempts: z.int(),
  /** Of the last attempt, or of the one that delivered it; null when it got no answer, or none was made. */
  httpStatus: z.int().nullable(),
  /** Scheme, host and port; null when the request could not be rendered. */
  destination: z.string().nullable(),
  /** Why the last attempt failed, or the delivery ended, in words. */
  error: z.string().nullable(),
  /** When the event was recorded. */
  recordedAt: z.string(),
  /** When the delivery ended; null while it waits or is retried. */
  settledAt: z.string().nullable(),
  /** Null also while the redelivery that it belongs to is paused. */
  nextAttemptAt: z.string().nullable(),
  /** The delivery that this one was made of, to be sent again as a new one; null for all others. */
  redeliveryOf: uuidSchema.nullable(),
});
export type Delivery = z.infer<typeof deliverySchema>;

/** A body, or part of one: as text where it is valid UTF-8, else base64. `bytes` is what all of it had. */
export const bodySchema = z.object({ text: z.string().optional(), base64: z.string().optional(), bytes: z.int(), truncated: z.boolean() });
const headersSchema = z.array(z.object({ name: z.string(), value: z.string() }));
const stepMs = z.number().nullable();

/** How long each step of a request took, in ms. Null for what did not happen: all that opens a connection, where one was kept alive. */
export const timingSchema = z.object({
  dnsMs: stepMs,
  connectMs: stepMs,
  /** 0 without TLS. */
  tlsMs: stepMs,
  /** From the request's start on the connection to the answer's headers. */
  firstByteMs: stepMs,
  /** From the first step to the last byte of the answer, or to the end of the wait. */
  totalMs: z.number(),
});
export type Timing = z.infer<typeof timingSchema>;

/** A request as it was sent, secrets masked. */
export const sentRequestSchema = z.object({
  method: z.string(),
  url: z.string(),
  headers: headersSchema,
  body: bodySchema.nullable(),
  /** Whether the URL or the headers were too long to be kept whole. Bodies say so themselves. */
  truncated: z.boolean(),
  /** A command for a POSIX shell that sends the same again, masked secrets as they stand here; null where some of it was not kept. */
  curl: z.string().nullable(),
});

/** One HTTP request made for a delivery. */
export const attemptSchema = z.object({
  number: z.int(),
  startedAt: z.string(),
  durationMs: z.number(),
  httpStatus: z.int().nullable(),
  /** Why it failed, in words; null for a success. */
  error: z.string().nullable(),
  /** The database refused what was to be kept of request and answer: only this line is left of them. */
  exchangeLost: z.boolean(),
  /** Null where the exchange was lost, and for attempts recorded before it was kept. */
  timing: timingSchema.nullable(),
  /** Null where the exchange was lost. */
  request: sentRequestSchema.nullable(),
  /** Null without an answer, or where the exchange was lost. `truncated`: headers were too many to be kept. */
  response: z.object({ headers: headersSchema, body: bodySchema.nullable(), truncated: z.boolean() }).nullable(),
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
  /** Scheme, host and port, as deliveries show it. */
  destination: text(2_048).optional(),
  /** When the event was recorded: from this moment on, and before that one. */
  from: askedTimeSchema.optional(),
  to: askedTimeSchema.optional(),
});
export type DeliveryListQuery = z.infer<typeof deliveryListQuerySchema>;

/** A page of deliveries, newest first. A page that ran out of time says how far it looked. */
export const deliveryPageSchema = z.object({
  items: z.array(deliverySchema),
  nextCursor: z.string().nullable(),
  searchedThrough: z.string().nullable(),
});
export type DeliveryPage = z.infer<typeof deliveryPageSchema>;
