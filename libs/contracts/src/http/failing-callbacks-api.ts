import { z } from 'zod';
import { idSchema } from '../fields.js';
import { pageQueryShape, pageSchema } from './paging.js';

/**
 * A callback, as it is configured today, that has had no success for a day or longer, or that was given up: see `CallbackFailing` and
 * `CallbackDisabled` of the announcements.
 */
export const failingCallbackSchema = z.object({
  callbackId: idSchema,
  offerId: idSchema,
  affiliateId: idSchema,
  failingSince: z.string(),
  failedAttempts: z.int(),
  /** Nothing is sent to it any more, until an admin enables it; what is queued for it is kept. */
  givenUp: z.boolean(),
  /** When it is given up at the earliest: with the first failure after that. Null once it was. */
  disabledAfter: z.string().nullable(),
});
export type FailingCallback = z.infer<typeof failingCallbackSchema>;

export const failingCallbackListQuerySchema = z.strictObject(pageQueryShape);
export type FailingCallbackListQuery = z.infer<typeof failingCallbackListQuerySchema>;

/** A page, those that fail the longest first. */
export const failingCallbackPageSchema = pageSchema(failingCallbackSchema);
export type FailingCallbackPage = z.infer<typeof failingCallbackPageSchema>;
