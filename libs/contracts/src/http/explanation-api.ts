import { z } from 'zod';
import { conversionStatusSchema, idSchema, uuidSchema } from '../fields.js';
import { text } from '../text.js';
import { statusHistoryEntrySchema } from './conversions-api.js';
import { deliverySchema } from './deliveries-api.js';

/** Most events of one page of an explanation. */
export const MAX_EXPLAINED_EVENTS = 50;
/**
 * Most callbacks explained in one answer, over all its events: 7 MB. An offer may have thousands; those that come nearest to firing are
 * shown, and with `callbackId` any other.
 */
export const MAX_EXPLAINED_CALLBACKS = 5_000;

export const explanationQuerySchema = z.strictObject({
  limit: z.coerce.number().int().min(1).max(MAX_EXPLAINED_EVENTS).default(20),
  cursor: text(500).optional(),
  /** Explains this one alone. */
  callbackId: z.coerce.number().pipe(idSchema).optional(),
});
export type ExplanationQuery = z.infer<typeof explanationQuerySchema>;

/** `ignored` keeps no callback from firing: its goal, while the offer's goals are off. */
const conditionStateSchema = z.enum(['met', 'unmet', 'ignored']);

/** One condition of a callback, beside what the event had of it; all in words that name things as people do. */
export const conditionExplanationSchema = z.object({
  condition: z.enum(['created', 'notDeleted', 'enabled', 'statusChanged', 'affiliate', 'status', 'goal']),
  state: conditionStateSchema,
  expected: z.string(),
  actual: z.string(),
  /** One clause: why it is not met, or is ignored; null where it is met. */
  reason: z.string().nullable(),
});
export type ConditionExplanation = z.infer<typeof conditionExplanationSchema>;

/** Why a callback fired for an event, or did not. */
export const callbackExplanationSchema = z.object({
  callbackId: idSchema,
  /** Of the version that counted; of the first one where it was created later. */
  name: z.string().nullable(),
  /** The version in force at the event's revision, with who made it and when; null: it was created later, or is no longer known. */
  version: z.object({ number: z.int(), revision: z.int(), changedBy: z.string(), changedAt: z.string() }).nullable(),
  /** Null: what the callback was at that revision is no longer known. */
  fires: z.boolean().nullable(),
  /** One sentence that says it all. */
  reason: z.string(),
  conditions: z.array(conditionExplanationSchema),
});
export type CallbackExplanation = z.infer<typeof callbackExplanationSchema>;

/**
 * What became of a delivery that is to be:
 * `known`: `current` says; `notYet`: its event is not worked yet; `missing`: it was, and there is no delivery: a fault; `setAside`: its event
 * could not be worked; `noLongerKept`: the log of its day is gone; `unknown`: it cannot be told just now.
 */
export const expectedDeliveryStateSchema = z.enum(['known', 'notYet', 'missing', 'setAside', 'noLongerKept', 'unknown']);
export type ExpectedDeliveryState = z.infer<typeof expectedDeliveryStateSchema>;

export const expectedDeliverySchema = z.object({
  id: uuidSchema,
  state: expectedDeliveryStateSchema,
  /** In words; null where it is `known`. */
  detail: z.string().nullable(),
  current: deliverySchema.nullable(),
});
export type ExpectedDelivery = z.infer<typeof expectedDeliverySchema>;

const explainedEventSchema = z.object({
  eventId: uuidSchema,
  /** At the event's revision; null where that is no longer known. */
  goalsEnabled: z.boolean().nullable(),
  /** By id; those left out are counted in `callbacksNotShown`. */
  callbacks: z.array(callbackExplanationSchema),
  callbacksNotShown: z.int(),
});

/** What the gateway asks offers-service: events of one conversion of the offer. */
export const explanationRequestSchema = z.strictObject({
  affiliateId: idSchema,
  goalId: idSchema.nullable(),
  events: z
    .array(
      z.strictObject({
        eventId: uuidSchema,
        revision: z.int().min(0),
        status: conversionStatusSchema,
        /** Null: a new conversion. */
        previousStatus: conversionStatusSchema.nullable(),
      }),
    )
    .max(MAX_EXPLAINED_EVENTS),
  callbackId: idSchema.optional(),
});
export type ExplanationRequest = z.infer<typeof explanationRequestSchema>;

/** What offers-service answers: in the order of the request. */
export const explanationAnswerSchema = z.object({
  offerName: z.string(),
  affiliateName: z.string(),
  goalName: z.string().nullable(),
  events: z.array(explainedEventSchema),
});
export type ExplanationAnswer = z.infer<typeof explanationAnswerSchema>;

/** Where an event is on its way to Kafka: `published`, `waiting` in the outbox, or `setAside` because Kafka will never take it. */
export const publicationSchema = z.enum(['published', 'waiting', 'setAside']);

/** What conversions-service answers: a page of the events of a conversion, oldest first. */
export const conversionEventsSchema = z.object({
  conversionId: uuidSchema,
  offerId: idSchema,
  affiliateId: idSchema,
  goalId: idSchema.nullable(),
  items: z.array(statusHistoryEntrySchema.extend({ publication: publicationSchema })),
  nextCursor: z.string().nullable(),
});
export type ConversionEvents = z.infer<typeof conversionEventsSchema>;

/** What the gateway asks dispatcher-service: what became of the deliveries that these events of a conversion ask for. */
export const expectedDeliveriesRequestSchema = z.strictObject({
  events: z
    .array(
      z.strictObject({
        eventId: uuidSchema,
        recordedAt: z.iso.datetime(),
        publication: publicationSchema,
        callbackIds: z.array(idSchema).min(1),
      }),
    )
    .min(1)
    .max(MAX_EXPLAINED_EVENTS)
    .refine((events) => events.reduce((sum, { callbackIds }) => sum + callbackIds.length, 0) <= MAX_EXPLAINED_CALLBACKS, {
      message: `must ask for at most ${MAX_EXPLAINED_CALLBACKS} deliveries`,
    }),
});
export type ExpectedDeliveriesRequest = z.infer<typeof expectedDeliveriesRequestSchema>;

/** What dispatcher-service answers: per event in the order of the request, per callback in the order of `callbackIds`. */
export const expectedDeliveriesAnswerSchema = z.object({
  events: z.array(z.object({ eventId: uuidSchema, deliveries: z.array(expectedDeliverySchema) })),
});
export type ExpectedDeliveriesAnswer = z.infer<typeof expectedDeliveriesAnswerSchema>;

/** Why each callback of the conversion's offer fired, or did not, for each event of the conversion; oldest first. */
export const conversionExplanationSchema = z.object({
  conversionId: uuidSchema,
  offer: z.object({ id: idSchema, name: z.string() }),
  affiliate: z.object({ id: idSchema, name: z.string() }),
  goal: z.object({ id: idSchema, name: z.string().nullable() }).nullable(),
  items: z.array(
    explainedEventSchema.extend({
      type: z.enum(['ConversionCreated', 'StatusChanged']),
      /** Of the conversion, with this event. */
      version: z.int(),
      status: conversionStatusSchema,
      previousStatus: conversionStatusSchema.nullable(),
      /** Of the configuration: the versions in force at it are those that counted. */
      revision: z.int(),
      recordedAt: z.string(),
      callbacks: z.array(
        callbackExplanationSchema.extend({
          /** Of a callback that fires; null for one that does not. */
          delivery: expectedDeliverySchema.nullable(),
        }),
      ),
    }),
  ),
  nextCursor: z.string().nullable(),
  /** What could not be asked, in words: the deliveries are `unknown` then. Null: the answer is whole. */
  missing: z.string().nullable(),
});
export type ConversionExplanation = z.infer<typeof conversionExplanationSchema>;
