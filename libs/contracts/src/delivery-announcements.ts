import { z } from 'zod';
import { cloudEventSchema, eventDecoder, type CloudEvent } from './cloud-event.js';
import { idSchema, timestampSchema, uuidSchema } from './fields.js';
import { text } from './text.js';

/** `source` of every event that the dispatcher announces. */
export const DISPATCHER_SOURCE = '/ringback/dispatcher';

const reason = text(2_000);
const version = z.int().min(1);

/** A delivery was given up: its schedule ended, it was answered with a redirection, it could not be rendered, or it waited for too long. */
export const deliveryExhaustedSchema = cloudEventSchema(
  'DeliveryExhausted',
  z.object({
    deliveryId: z.uuid(),
    callbackId: idSchema,
    offerId: idSchema,
    affiliateId: idSchema,
    conversionId: uuidSchema,
    attempts: z.int().min(0),
    /** Of the last attempt; null when it got no answer, or none was made. */
    httpStatus: z.int().nullable(),
    error: reason,
  }),
);

/** A callback has had no success for one, or three, days: if none comes, it is disabled. Each is announced once per streak. */
export const callbackFailingSchema = cloudEventSchema(
  'CallbackFailing',
  z.object({
    callbackId: idSchema,
    /** The callback as it was sent. An edit begins the count anew. */
    version,
    offerId: idSchema,
    failingSince: timestampSchema,
    failedAttempts: z.int().min(1),
    days: z.union([z.literal(1), z.literal(3)]),
    /** When it is disabled at the earliest: with the first failure after that, if there were enough of them on enough days. */
    disabledAfter: timestampSchema,
  }),
);

/** A callback is to be disabled: it has failed for too long, or its receiver wants no more. What is queued for it stays. */
export const callbackDisabledSchema = cloudEventSchema(
  'CallbackDisabled',
  z.object({
    callbackId: idSchema,
    /** What failed. A newer version is an admin's word, and wins. */
    version,
    offerId: idSchema,
    /** For people. */
    reason,
    /** Null when the receiver said so (410). */
    failingSince: timestampSchema.nullable(),
  }),
);

export type DeliveryExhausted = CloudEvent<'DeliveryExhausted', z.infer<typeof deliveryExhaustedSchema>['data']>;
export type CallbackFailing = CloudEvent<'CallbackFailing', z.infer<typeof callbackFailingSchema>['data']>;
export type CallbackDisabled = CloudEvent<'CallbackDisabled', z.infer<typeof callbackDisabledSchema>['data']>;
/** On `callbacks.deliveries`, keyed by {@link deliveryAnnouncementKey}. */
export type DeliveryAnnouncement = DeliveryExhausted | CallbackFailing | CallbackDisabled;

export const deliveryAnnouncementSchemas = {
  DeliveryExhausted: deliveryExhaustedSchema,
  CallbackFailing: callbackFailingSchema,
  CallbackDisabled: callbackDisabledSchema,
};

export const decodeDeliveryAnnouncement = eventDecoder<DeliveryAnnouncement>(deliveryAnnouncementSchemas);

/** @returns the key of an event's message, the callback's id: what is announced of one callback stays in order. */
export function deliveryAnnouncementKey(event: DeliveryAnnouncement): string {
  return String(event.data.callbackId);
}
