import { z } from 'zod';
import { MAX_SCOPE_OFFERS } from '../api-key-events.js';
import { askedTimeSchema, idSchema } from '../fields.js';
import { name, text } from '../text.js';
import { pageQueryShape, pageSchema } from './paging.js';

/**
 * Email addresses are ASCII only: what is left of the at sign by RFC 5321 without SMTPUTF8, a domain beyond ASCII by its `xn--` form. That is
 * the restriction level "ASCII-Only" of Unicode Technical Standard 39 §5.2, the one that leaves no room for invisible characters, directions
 * of writing, and letters of other scripts that look alike. Upper and lower case are one account.
 */
export const emailSchema = text(254).regex(
  /^ *[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])? *$/,
  'must be an email address in ASCII, such as ada@example.com: give a domain beyond it in its xn-- form',
);

/** Longest password, in UTF-16 units: hashing takes as long whatever the length, but a body has an end. */
export const MAX_PASSWORD_LENGTH = 1024;
/** What was set may be anything: rules hold for what is to be set, see {@link newPasswordSchema}. */
const passwordSchema = text(MAX_PASSWORD_LENGTH);
/** NIST SP 800-63B-4 §3.1.1.2: at least 15 characters where nothing else is asked for, each Unicode code point counted as one. */
export const MIN_PASSWORD_LENGTH = 15;
export const newPasswordSchema = passwordSchema.refine((password) => [...password].length >= MIN_PASSWORD_LENGTH, {
  message: `must have at least ${MIN_PASSWORD_LENGTH} characters: several words do well`,
});

export const sessionInputSchema = z.strictObject({ email: emailSchema, password: passwordSchema });
export const sessionSchema = z.object({ accessToken: z.string(), expiresAt: z.iso.datetime() });

/** A session as its owner sees it. */
export const sessionViewSchema = z.object({
  id: z.uuid(),
  /** Whether it is the one that asks. */
  current: z.boolean(),
  createdAt: z.string(),
  /** When it was last refreshed. */
  lastUsedAt: z.string(),
  /** When it ends at the latest. */
  expiresAt: z.string(),
  /** Where it was last used from. */
  address: z.string(),
  userAgent: z.string(),
});
export type SessionView = z.infer<typeof sessionViewSchema>;
export const sessionListSchema = z.object({ items: z.array(sessionViewSchema) });

export const passwordChangeSchema = z.strictObject({ currentPassword: passwordSchema, newPassword: newPasswordSchema });
export const passwordSettingSchema = z.strictObject({ password: newPasswordSchema });

const roleSchema = text(50).min(1);

/** `invited`: has no password yet. */
export const userStatusSchema = z.enum(['invited', 'active', 'disabled']);
export const userSchema = z.object({
  id: idSchema,
  email: z.string(),
  role: z.string(),
  status: userStatusSchema,
  lastSignInAt: z.string().nullable(),
  version: z.int(),
  createdAt: z.string(),
  updatedAt: z.string(),
});
export type User = z.infer<typeof userSchema>;
export const userPageSchema = pageSchema(userSchema);
export const userListQuerySchema = z.strictObject(pageQueryShape);
export const userInputSchema = z.strictObject({ email: emailSchema, role: roleSchema });
export const userPatchSchema = z.strictObject({ role: roleSchema.optional(), status: z.enum(['active', 'disabled']).optional() });

/** The one time that a one-time token is shown. Who has it may set the password, once, until it expires. */
export const oneTimeTokenSchema = z.object({ token: z.string(), purpose: z.enum(['invitation', 'password-reset']), expiresAt: z.string() });
export type OneTimeToken = z.infer<typeof oneTimeTokenSchema>;
export const invitedUserSchema = userSchema.extend({ invitation: oneTimeTokenSchema });

const offerIdsSchema = z
  .array(idSchema)
  .min(1)
  .max(MAX_SCOPE_OFFERS)
  .nullable()
  .describe('Only what belongs to these offers exists for the key; null: everything does.');
export const apiKeySchema = z.object({
  id: idSchema,
  name: z.string(),
  /** What the key begins with, so that people can tell keys apart. */
  prefix: z.string(),
  role: z.string(),
  offerIds: z.array(idSchema).nullable(),
  expiresAt: z.string().nullable(),
  revokedAt: z.string().nullable(),
  /** To the minute. */
  lastUsedAt: z.string().nullable(),
  createdBy: z.string(),
  version: z.int(),
  createdAt: z.string(),
  updatedAt: z.string(),
});
export type ApiKey = z.infer<typeof apiKeySchema>;
/** The one time that a key is shown. */
export const newApiKeySchema = apiKeySchema.extend({ key: z.string() });
export type NewApiKey = z.infer<typeof newApiKeySchema>;
export const apiKeyPageSchema = pageSchema(apiKeySchema);
export const apiKeyListQuerySchema = z.strictObject(pageQueryShape);
export const apiKeyInputSchema = z.strictObject({
  name: name(100),
  role: roleSchema,
  offerIds: offerIdsSchema.optional(),
  expiresAt: askedTimeSchema.nullable().optional(),
});
/** Neither role nor scope: who holds the key would not know. Make another key. */
export const apiKeyPatchSchema = z.strictObject({ name: name(100).optional(), expiresAt: askedTimeSchema.nullable().optional() });
