import { z } from 'zod';
import { httpTypeSchema, orderingSchema, paramTypeSchema, retryPresetSchema } from './callback.js';
import { cloudEventSchema, eventDecoder, type CloudEvent } from './cloud-event.js';
import { conversionStatusSchema, idSchema, offerStatusSchema } from './fields.js';

/** `source` of every configuration record. */
export const OFFERS_SOURCE = '/ringback/offers';

/** What every record of `offers.configurations` carries: its place in the one order of all changes, and whose version it is. */
const versioned = {
  /** 1, 2, 3… over all changes of all aggregates. */
  revision: z.int().min(1),
  /** 1, 2, 3… of this aggregate. */
  version: z.int().min(1),
  /** Who made the change: a user's email, a key's name, or a service. */
  changedBy: z.string(),
  createdAt: z.string(),
  updatedAt: z.string(),
};

export const affiliateVersionSchema = z.object({ id: idSchema, name: z.string(), ...versioned });

export const offerVersionSchema = z.object({
  id: idSchema,
  name: z.string(),
  status: offerStatusSchema,
  goalsEnabled: z.boolean(),
  goals: z.array(z.object({ id: idSchema, name: z.string(), archived: z.boolean() })),
  ...versioned,
});

/** A value sealed with a data key: see `keyring.ts`. */
const sealed = z.string();

export const callbackVersionSchema = z.object({
  id: idSchema,
  offerId: idSchema,
  name: z.string().nullable(),
  affiliateId: idSchema,
  goalId: idSchema.nullable(),
  conversionStatus: conversionStatusSchema,
  url: z.string(),
  httpType: httpTypeSchema,
  basicAuth: z.union([z.object({ token: sealed }), z.object({ login: z.string(), password: sealed })]).nullable(),
  /** `value` is sealed where `secret` is true. */
  requestParams: z.array(z.object({ name: z.string(), value: z.string(), type: paramTypeSchema, secret: z.boolean() })),
  requestHeaders: z.array(z.object({ name: z.string(), value: z.string(), secret: z.boolean() })),
  enabled: z.boolean(),
  disabledReason: z.string().nullable(),
  retry: retryPresetSchema,
  timeoutMs: z.int(),
  maxPerSecond: z.int().nullable(),
  ordering: orderingSchema,
  signingSecrets: z.array(sealed),
  /** Set on the last version of a deleted callback. */
  deletedAt: z.string().nullable(),
  ...versioned,
});

/** The data keys, each wrapped by the master key. */
export const keyringVersionSchema = z.object({
  /** The newest last: it seals. `createdAt` is missing from the first one of old deployments, which is as old as the keyring. */
  keys: z.array(z.object({ id: z.string(), wrapped: z.string(), createdAt: z.string().optional() })).min(1),
  ...versioned,
});

export type AffiliateVersion = z.infer<typeof affiliateVersionSchema>;
export type OfferVersion = z.infer<typeof offerVersionSchema>;
export type CallbackVersion = z.infer<typeof callbackVersionSchema>;
export type KeyringVersion = z.infer<typeof keyringVersionSchema>;

export type AffiliateChanged = CloudEvent<'AffiliateChanged', AffiliateVersion>;
export type OfferChanged = CloudEvent<'OfferChanged', OfferVersion>;
export type CallbackChanged = CloudEvent<'CallbackChanged', CallbackVersion>;
export type KeyringChanged = CloudEvent<'KeyringChanged', KeyringVersion>;
/** On `offers.configurations`: one record per version, under {@link configurationKey}. A tombstone ends a version no one can need. */
export type ConfigurationEvent = AffiliateChanged | OfferChanged | CallbackChanged | KeyringChanged;

export const configurationEventSchemas = {
  AffiliateChanged: cloudEventSchema('AffiliateChanged', affiliateVersionSchema),
  OfferChanged: cloudEventSchema('OfferChanged', offerVersionSchema),
  CallbackChanged: cloudEventSchema('CallbackChanged', callbackVersionSchema),
  KeyringChanged: cloudEventSchema('KeyringChanged', keyringVersionSchema),
};

export const decodeConfigurationEvent = eventDecoder<ConfigurationEvent>(configurationEventSchemas);

/** Which version of what a record is, as its key says it. There is one keyring, so its key has no id (here 0). */
export interface ConfigurationKey {
  readonly kind: 'offer' | 'callback' | 'affiliate' | 'keyring';
  readonly id: number;
  readonly version: number;
}

/** @returns the record's key: `offer:<id>:<version>`, `callback:…`, `affiliate:…`, or `keyring:<version>`. */
export function configurationKey(event: ConfigurationEvent): string {
  const { data } = event;
  switch (event.type) {
    case 'AffiliateChanged':
      return `affiliate:${event.data.id}:${data.version}`;
    case 'OfferChanged':
      return `offer:${event.data.id}:${data.version}`;
    case 'CallbackChanged':
      return `callback:${event.data.id}:${data.version}`;
    case 'KeyringChanged':
      return `keyring:${data.version}`;
  }
}

/** @returns what a record's key names, or null when it is no key of ours. Tombstones have nothing else to tell. */
export function parseConfigurationKey(key: string): ConfigurationKey | null {
  const match = /^(?:(offer|callback|affiliate):(\d{1,10})|(keyring)):(\d{1,10})$/.exec(key);
  if (match === null) return null;
  const kind = (match[1] ?? match[3]) as ConfigurationKey['kind'];
  return { kind, id: Number(match[2] ?? 0), version: Number(match[4]) };
}
