import { z } from 'zod';
import { callbackInputSchema, callbackSchema } from '../callback.js';
import { conversionSchema } from '../conversion.js';
import { conversionStatusSchema, idSchema, offerStatusSchema } from '../fields.js';
import { name, text } from '../text.js';
import { newestEventSchema } from './conversions-api.js';
import { idListSchema } from './id-list.js';
import { pageQueryShape } from './paging.js';

export const affiliateInputSchema = z.strictObject({ name: name(255) });
export const affiliatePatchSchema = affiliateInputSchema.partial();
export const affiliateSchema = z.object({ id: idSchema, name: z.string(), version: z.int(), createdAt: z.string(), updatedAt: z.string() });
export type Affiliate = z.infer<typeof affiliateSchema>;

export const goalInputSchema = z.strictObject({ name: name(255) });
export const goalPatchSchema = z.strictObject({ name: name(255).optional(), archived: z.boolean().optional() });
export const goalSchema = z.object({ id: idSchema, offerId: idSchema, name: z.string(), archived: z.boolean() });
export type Goal = z.infer<typeof goalSchema>;

export const offerInputSchema = z.strictObject({ name: name(255), goalsEnabled: z.boolean().default(false) });
export const offerPatchSchema = z.strictObject({
  name: name(255).optional(),
  status: offerStatusSchema.optional(),
  goalsEnabled: z.boolean().optional(),
});
export const offerSchema = z.object({
  id: idSchema,
  name: z.string(),
  status: offerStatusSchema,
  goalsEnabled: z.boolean(),
  goals: z.array(goalSchema),
  callbackCount: z.int(),
  version: z.int(),
  createdAt: z.string(),
  updatedAt: z.string(),
});
export type Offer = z.infer<typeof offerSchema>;

/** `id`: only these, so that who shows their ids needs one request for their names. */
export const affiliateListQuerySchema = z.strictObject({ ...pageQueryShape, id: idListSchema.optional(), search: text(255).optional() });
export const offerListQuerySchema = z.strictObject({
  ...pageQueryShape,
  id: idListSchema.optional(),
  search: text(255).optional(),
  status: offerStatusSchema.optional(),
});
export const callbackListQuerySchema = z.strictObject({
  ...pageQueryShape,
  affiliateId: z.coerce.number().pipe(idSchema).optional(),
  conversionStatus: conversionStatusSchema.optional(),
});

/**
 * One difference between two versions of a callback: `path` names the field, params and headers by their names. Null where a version has no
 * such field; a secret is `{"set": true}`, on both sides where it differs.
 */
export const callbackChangeSchema = z.object({ path: z.string(), before: z.unknown(), after: z.unknown() });
export type CallbackChange = z.infer<typeof callbackChangeSchema>;

/** One version of a callback: what it was, from which revision, made by whom (`changedBy`) and when (`updatedAt`). */
export const callbackVersionViewSchema = callbackSchema.extend({
  revision: z.int(),
  changedBy: z.string(),
  deletedAt: z.string().nullable(),
  /** Against the version before; none for the first one, null where the version before is no longer known. */
  changes: z.array(callbackChangeSchema).nullable(),
});
export type CallbackVersionView = z.infer<typeof callbackVersionViewSchema>;

/** `to`: the version to compare with; default: what the callback is now. */
export const callbackDiffQuerySchema = z.strictObject({ to: z.coerce.number().pipe(idSchema).optional() });
export type CallbackDiffQuery = z.infer<typeof callbackDiffQuerySchema>;

/** What is different between two versions of a callback; of a restore, from today's to the one restored, what it would change. */
export const callbackDiffSchema = z.object({ from: z.int(), to: z.int(), changes: z.array(callbackChangeSchema) });
export type CallbackDiff = z.infer<typeof callbackDiffSchema>;

/**
 * A change that was stored but is not yet in force (Kafka did not take it within 3 s) is answered 202 with `inForce: false`; it will be.
 */
export const inForceShape = { inForce: z.boolean().optional() };

/** Renders the request of an unsaved callback; sends nothing. Without a conversion a sample is used. */
export const previewInputSchema = z.strictObject({
  callback: callbackInputSchema,
  /** The saved callback that this one edits: its stored secrets fill in those that are left out. */
  callbackId: idSchema.optional(),
  conversionId: z.uuid().optional(),
});
/** What the gateway passes on to offers-service: the conversion itself, and its newest event, in place of its id. */
export const previewRequestSchema = previewInputSchema
  .omit({ conversionId: true })
  .extend({ conversion: conversionSchema.optional(), event: newestEventSchema.optional() });
export type PreviewRequest = z.infer<typeof previewRequestSchema>;

/** The exact request, secrets masked, and what the rendering had to bend (`warnings`). */
export const previewSchema = z.object({
  method: z.enum(['GET', 'POST']),
  url: z.string(),
  headers: z.array(z.object({ name: z.string(), value: z.string() })),
  body: z.string().nullable(),
  warnings: z.array(z.object({ path: z.string(), message: z.string() })),
});
export type Preview = z.infer<typeof previewSchema>;
