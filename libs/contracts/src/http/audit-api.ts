import { z } from 'zod';
import { askedTimeSchema } from '../fields.js';
import { text } from '../text.js';
import { pageQueryShape, pageSchema } from './paging.js';

/**
 * `done`: what was asked for was done; `refused`: it was not (4xx); `failed`: it may or may not have been done (5xx); `unknown`: the gateway
 * ended before the answer was known, so the owner of the data has to be asked.
 */
export const auditOutcomeSchema = z.enum(['done', 'refused', 'failed', 'unknown']);

/** Who did what, when, from where. Bodies are as they were sent and answered, secrets masked; null where there is none. */
export const auditEntrySchema = z.object({
  id: z.int(),
  at: z.string(),
  actor: z.object({
    kind: z.enum(['user', 'key', 'anyone', 'environment']),
    id: z.int().nullable(),
    /** A user's email, a key's name. */
    name: z.string(),
  }),
  /** The operation's id in the description of the API, such as `editCallback`; or `signInFailed`. */
  action: z.string(),
  /** What it was done to: the path below `/v1/`, such as `offers/7/callbacks/3`. */
  subject: z.string(),
  address: z.string(),
  userAgent: z.string(),
  requestId: z.string(),
  request: z.unknown(),
  outcome: auditOutcomeSchema,
  /** Of the answer; null while it is unknown. */
  status: z.int().nullable(),
  /** What was there just before; where both have a `version`, one that is not the next says that somebody else came between. */
  before: z.unknown(),
  after: z.unknown(),
});
export type AuditEntry = z.infer<typeof auditEntrySchema>;

const filterShape = {
  actor: text(254).optional().describe("A user's email or a key's name."),
  action: text(100).optional(),
  subject: text(500).optional().describe('This, and what is below it: `offers/7` finds `offers/7/callbacks/3`.'),
  from: askedTimeSchema.optional(),
  to: askedTimeSchema.optional(),
};
export const auditListQuerySchema = z.strictObject({ ...pageQueryShape, ...filterShape });
export const auditExportQuerySchema = z.strictObject(filterShape);
export type AuditFilter = z.infer<typeof auditExportQuerySchema>;
export const auditPageSchema = pageSchema(auditEntrySchema);
