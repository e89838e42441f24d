import { z } from 'zod';
import { conversionStatusSchema, idSchema } from './fields.js';
import { name, text } from './text.js';

export const httpTypeSchema = z.enum(['GET', 'POST_FORM', 'POST_JSON']);
export type HttpType = z.infer<typeof httpTypeSchema>;

export const paramTypeSchema = z.enum(['string', 'number', 'boolean', 'json']);
export type ParamType = z.infer<typeof paramTypeSchema>;

export const retryPresetSchema = z.enum(['short', 'standard', 'long']);
export type RetryPreset = z.infer<typeof retryPresetSchema>;

export const orderingSchema = z.enum(['none', 'conversion']);

/** Most params, and most headers, of one callback. */
export const MAX_FIELDS = 50;
/** Longest wait for an answer, in ms: leases and the drain of a stopping dispatcher derive from it. */
export const MAX_TIMEOUT_MS = 30_000;

/**
 * A value that an admin writes. With `secret: true` it is sealed when stored and never read back: answers then carry `set: true` and
 * no `value`; an edit that leaves `value` out keeps the stored one.
 */
const value = text(4096);

export const requestParamInputSchema = z.strictObject({
  name: name(255),
  value: value.optional(),
  type: paramTypeSchema.default('string'),
  secret: z.boolean().default(false),
});
export const requestHeaderInputSchema = z.strictObject({
  name: name(255),
  value: value.optional(),
  secret: z.boolean().default(false),
});

/** RFC 7617: the user-id holds no colon. Left-out secrets keep the stored ones. */
export const basicAuthInputSchema = z.union([
  z.strictObject({ token: value.min(1).optional() }),
  z.strictObject({ login: name(255), password: value.optional() }),
]);

/** A signing secret of Standard Webhooks: `whsec_` and 24 to 64 bytes in base64. `{}` at a position keeps the stored one. */
export const signingSecretInputSchema = z.strictObject({
  value: z
    .string()
    .regex(/^whsec_[A-Za-z0-9+/]{32,88}={0,2}$/, 'must be "whsec_" and 24 to 64 bytes in base64')
    .optional(),
});

const fields = {
  name: name(255).nullable(),
  affiliateId: idSchema,
  goalId: idSchema.nullable(),
  conversionStatus: conversionStatusSchema,
  url: text(4096).min(1),
  httpType: httpTypeSchema,
  basicAuth: basicAuthInputSchema.nullable(),
  requestParams: z.array(requestParamInputSchema).max(MAX_FIELDS),
  requestHeaders: z.array(requestHeaderInputSchema).max(MAX_FIELDS),
  enabled: z.boolean(),
  retry: retryPresetSchema,
  timeoutMs: z.int().min(100).max(MAX_TIMEOUT_MS),
  maxPerSecond: z.int().min(1).max(10_000).nullable(),
  ordering: orderingSchema,
  signingSecrets: z.array(signingSecretInputSchema).max(2),
};

/** The body that makes a callback. What is left out has the default. Unknown fields are refused. */
export const callbackInputSchema = z.strictObject({
  name: fields.name.default(null),
  affiliateId: fields.affiliateId,
  goalId: fields.goalId.default(null),
  conversionStatus: fields.conversionStatus,
  url: fields.url,
  httpType: fields.httpType,
  basicAuth: fields.basicAuth.default(null),
  requestParams: fields.requestParams.default([]),
  requestHeaders: fields.requestHeaders.default([]),
  enabled: fields.enabled.default(true),
  retry: fields.retry.default('standard'),
  timeoutMs: fields.timeoutMs.default(10_000),
  maxPerSecond: fields.maxPerSecond.default(null),
  ordering: fields.ordering.default('none'),
  signingSecrets: fields.signingSecrets.default([]),
});
export type CallbackInput = z.infer<typeof callbackInputSchema>;

/** The body that edits a callback: what is left out stays. Unknown fields are refused. */
export const callbackPatchSchema = z.strictObject(fields).partial();
export type CallbackPatch = z.infer<typeof callbackPatchSchema>;

/** A callback as the API answers it: secrets are `set` or not, never read back. */
export const callbackSchema = z.object({
  id: idSchema,
  offerId: idSchema,
  name: z.string().nullable(),
  affiliateId: idSchema,
  goalId: idSchema.nullable(),
  conversionStatus: conversionStatusSchema,
  url: z.string(),
  httpType: httpTypeSchema,
  basicAuth: z
    .union([z.object({ token: z.object({ set: z.boolean() }) }), z.object({ login: z.string(), password: z.object({ set: z.boolean() }) })])
    .nullable(),
  requestParams: z.array(
    z.object({ name: z.string(), value: z.string().optional(), set: z.boolean().optional(), type: paramTypeSchema, secret: z.boolean() }),
  ),
  requestHeaders: z.array(z.object({ name: z.string(), value: z.string().optional(), set: z.boolean().optional(), secret: z.boolean() })),
  enabled: z.boolean(),
  disabledReason: z.string().nullable(),
  retry: retryPresetSchema,
  timeoutMs: z.int(),
  maxPerSecond: z.int().nullable(),
  ordering: orderingSchema,
  signingSecrets: z.array(z.object({ set: z.boolean() })),
  version: z.int(),
  createdAt: z.string(),
  updatedAt: z.string(),
});
export type Callback = z.infer<typeof callbackSchema>;
