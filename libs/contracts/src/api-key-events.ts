import { z } from 'zod';
import { cloudEventSchema, eventDecoder, type CloudEvent } from './cloud-event.js';
import { idSchema, timestampSchema } from './fields.js';

/** `source` of every event that the gateway publishes. */
export const GATEWAY_SOURCE = '/ringback/gateway';

/** Most offers that a key may be limited to: with the longest ids its service token stays below 8 KiB, half of what Node takes of headers. */
export const MAX_SCOPE_OFFERS = 500;

/**
 * What a caller may touch, whatever its role allows: only what belongs to these offers; null: everything. What lies outside is answered as
 * if it did not exist.
 */
export const scopeSchema = z.object({ offerIds: z.array(idSchema).min(1).max(MAX_SCOPE_OFFERS).nullable() });
export type Scope = z.infer<typeof scopeSchema>;

export const apiKeyVersionSchema = z.object({
  id: idSchema,
  /** 1, 2, 3… of this key. */
  version: z.int().min(1),
  name: z.string(),
  /** SHA-256 of the key's UTF-8 bytes, hexadecimal. Of the keys that share one, at most one is not revoked. */
  hash: z.string().regex(/^[0-9a-f]{64}$/, 'must be a SHA-256 in hexadecimal'),
  role: z.string(),
  /** What the role allows, such as `conversions:write`; `*` stands for everything. So that readers need not know the roles. */
  permissions: z.array(z.string()),
  scope: scopeSchema,
  /** The key works until then; null: without end. */
  expiresAt: timestampSchema.nullable(),
  /** Set once, and for good: a key that was revoked never works again. */
  revokedAt: timestampSchema.nullable(),
  /** Who made the change: a user's email, a key's name, or `environment`. */
  changedBy: z.string(),
  createdAt: timestampSchema,
  updatedAt: timestampSchema,
});
export type ApiKeyVersion = z.infer<typeof apiKeyVersionSchema>;

/** On `gateway.api-keys`: one record per version of a key, under {@link apiKeyRecordKey}. Readers keep each key's newest version. */
export const apiKeyChangedSchema = cloudEventSchema('ApiKeyChanged', apiKeyVersionSchema);
export type ApiKeyChanged = CloudEvent<'ApiKeyChanged', ApiKeyVersion>;

export const decodeApiKeyEvent = eventDecoder<ApiKeyChanged>({ ApiKeyChanged: apiKeyChangedSchema });

/** @returns the record's key: `<key id>:<version>`. */
export function apiKeyRecordKey({ data }: ApiKeyChanged): string {
  return `${data.id}:${data.version}`;
}
