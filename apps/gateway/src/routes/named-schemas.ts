import {
  affiliateInputSchema,
  affiliatePatchSchema,
  affiliateSchema,
  batchAnswerSchema,
  callbackDiffSchema,
  callbackInputSchema,
  callbackPatchSchema,
  callbackSchema,
  callbackTestInputSchema,
  callbackTestSchema,
  callbackVersionViewSchema,
  conversionBatchItemSchema,
  conversionDetailSchema,
  conversionExplanationSchema,
  conversionInputSchema,
  conversionSchema,
  deadLetterDetailSchema,
  deadLetterPageSchema,
  deadLetterReplayInputSchema,
  deadLetterSchema,
  deadLettersReplayInputSchema,
  deadLettersReplaySchema,
  deliveryDetailSchema,
  deliveryPageSchema,
  deliverySchema,
  expectedDeliverySchema,
  goalInputSchema,
  goalPatchSchema,
  goalSchema,
  MAX_BATCH_ITEMS,
  offerInputSchema,
  offerPatchSchema,
  offerSchema,
  pageSchema,
  pauseInputSchema,
  pausePageSchema,
  pauseSchema,
  previewInputSchema,
  previewSchema,
  problemSchema,
  redeliverInputSchema,
  redeliveryDryRunSchema,
  redeliveryFilterSchema,
  redeliveryInputSchema,
  redeliveryPageSchema,
  redeliverySchema,
  statisticsFiguresSchema,
  statisticsGroupSchema,
  statisticsSchema,
  statusBatchItemSchema,
  statusChangeInputSchema,
  text,
  waitingItemSchema,
  waitingPageSchema,
} from '@ringback/contracts';
import { z } from 'zod';

export const sessionInputSchema = z.strictObject({ email: text(254), password: text(1024) });
export const sessionSchema = z.object({ accessToken: z.string(), expiresAt: z.iso.datetime() });

/** The newest 200 deliveries of the conversion, null while the dispatcher is away; where there are more, the cursor of the next page. */
export const conversionWithDeliveriesSchema = conversionDetailSchema.extend({
  deliveries: z.array(deliverySchema).nullable(),
  deliveriesCursor: z.string().nullable(),
});

export const macroSchema = z.object({
  name: z.string(),
  group: z.string(),
  meaning: z.string(),
  example: z.string(),
  pii: z.boolean(),
});
export const macroModifierSchema = z.object({ name: z.string(), meaning: z.string(), example: z.string() });
export const macroCatalogueSchema = z.object({ items: z.array(macroSchema), modifiers: z.array(macroModifierSchema) });

/** As the services check it: each item by itself, so that a bad one spoils none of the others. */
export const conversionBatchSchema = z.strictObject({ items: z.array(conversionBatchItemSchema).min(1).max(MAX_BATCH_ITEMS) });
export const statusBatchSchema = z.strictObject({ items: z.array(statusBatchItemSchema).min(1).max(MAX_BATCH_ITEMS) });

export const affiliatePageSchema = pageSchema(affiliateSchema);
export const offerPageSchema = pageSchema(offerSchema);
export const goalPageSchema = pageSchema(goalSchema);
export const callbackPageSchema = pageSchema(callbackSchema);
export const callbackVersionPageSchema = pageSchema(callbackVersionViewSchema);
export const conversionPageSchema = pageSchema(conversionSchema);

/** The components of the OpenAPI document that clients send. */
export const INPUT_SCHEMAS: Readonly<Record<string, z.ZodType>> = {
  SessionInput: sessionInputSchema,
  AffiliateInput: affiliateInputSchema,
  AffiliatePatch: affiliatePatchSchema,
  OfferInput: offerInputSchema,
  OfferPatch: offerPatchSchema,
  GoalInput: goalInputSchema,
  GoalPatch: goalPatchSchema,
  CallbackInput: callbackInputSchema,
  CallbackPatch: callbackPatchSchema,
  PreviewInput: previewInputSchema,
  CallbackTestInput: callbackTestInputSchema,
  ConversionInput: conversionInputSchema,
  ConversionBatchItem: conversionBatchItemSchema,
  ConversionBatch: conversionBatchSchema,
  StatusChange: statusChangeInputSchema,
  StatusBatchItem: statusBatchItemSchema,
  StatusBatch: statusBatchSchema,
  PauseInput: pauseInputSchema,
  DeadLetterReplayInput: deadLetterReplayInputSchema,
  DeadLettersReplayInput: deadLettersReplayInputSchema,
  RedeliverInput: redeliverInputSchema,
  RedeliveryFilter: redeliveryFilterSchema,
  RedeliveryInput: redeliveryInputSchema,
};

/** The components that the API answers. */
export const OUTPUT_SCHEMAS: Readonly<Record<string, z.ZodType>> = {
  Problem: problemSchema,
  Session: sessionSchema,
  Affiliate: affiliateSchema,
  AffiliatePage: affiliatePageSchema,
  Offer: offerSchema,
  OfferPage: offerPageSchema,
  Goal: goalSchema,
  GoalPage: goalPageSchema,
  Callback: callbackSchema,
  CallbackPage: callbackPageSchema,
  CallbackVersion: callbackVersionViewSchema,
  CallbackVersionPage: callbackVersionPageSchema,
  CallbackDiff: callbackDiffSchema,
  Preview: previewSchema,
  CallbackTest: callbackTestSchema,
  Conversion: conversionSchema,
  ConversionPage: conversionPageSchema,
  ConversionDetail: conversionDetailSchema,
  ConversionWithDeliveries: conversionWithDeliveriesSchema,
  ConversionExplanation: conversionExplanationSchema,
  ExpectedDelivery: expectedDeliverySchema,
  BatchAnswer: batchAnswerSchema,
  Delivery: deliverySchema,
  DeliveryPage: deliveryPageSchema,
  DeliveryDetail: deliveryDetailSchema,
  Redelivery: redeliverySchema,
  RedeliveryPage: redeliveryPageSchema,
  RedeliveryDryRun: redeliveryDryRunSchema,
  WaitingItem: waitingItemSchema,
  WaitingPage: waitingPageSchema,
  Pause: pauseSchema,
  PausePage: pausePageSchema,
  DeadLetter: deadLetterSchema,
  DeadLetterDetail: deadLetterDetailSchema,
  DeadLetterPage: deadLetterPageSchema,
  DeadLettersReplay: deadLettersReplaySchema,
  Statistics: statisticsSchema,
  StatisticsGroup: statisticsGroupSchema,
  StatisticsFigures: statisticsFiguresSchema,
  Macro: macroSchema,
  MacroModifier: macroModifierSchema,
  MacroCatalogue: macroCatalogueSchema,
};
