import { z } from 'zod';
import { conversionSchema } from '../conversion.js';
import { uuidSchema } from '../fields.js';
import { newestEventSchema } from './conversions-api.js';
import { attemptSchema, timingSchema } from './deliveries-api.js';

/** One request of a saved callback, now. Without a conversion a sample is used. */
export const callbackTestInputSchema = z.strictObject({ conversionId: uuidSchema.optional() });

/** What the gateway passes on to dispatcher-service: the conversion itself, and its newest event, in place of its id. */
export const callbackTestRequestSchema = z.strictObject({ conversion: conversionSchema.optional(), event: newestEventSchema.optional() });
export type CallbackTestRequest = z.infer<typeof callbackTestRequestSchema>;

/** What came of a test. It counts nowhere: no delivery, no retry, no statistics. Secrets are masked. */
export const callbackTestSchema = z.object({
  /** As `webhook-id`: `test_<uuid>`. */
  webhookId: z.string(),
  /** What the answer would mean for a delivery; `unrenderable` when there is no request to send. */
  result: z.enum(['delivered', 'retry', 'exhausted', 'unrenderable']),
  /** Why it is not `delivered`, in words. */
  error: z.string().nullable(),
  /** What could not be sent as its type says. */
  warnings: z.array(z.object({ path: z.string(), message: z.string() })),
  durationMs: z.number().nullable(),
  timing: timingSchema.nullable(),
  httpStatus: z.int().nullable(),
  request: attemptSchema.shape.request,
  response: attemptSchema.shape.response,
});
export type CallbackTest = z.infer<typeof callbackTestSchema>;
