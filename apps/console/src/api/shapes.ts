import type { components } from './schema.js';

type Schemas = components['schemas'];

export type Affiliate = Schemas['Affiliate'];
export type Callback = Schemas['Callback'];
export type CallbackInput = Schemas['CallbackInput'];
export type CallbackPatch = Schemas['CallbackPatch'];
export type CallbackTest = Schemas['CallbackTest'];
export type CallbackVersion = Schemas['CallbackVersion'];
export type Conversion = Schemas['Conversion'];
export type ConversionWithDeliveries = Schemas['ConversionWithDeliveries'];
export type Delivery = Schemas['Delivery'];
export type DeliveryDetail = Schemas['DeliveryDetail'];
export type DeliveryAttempt = DeliveryDetail['attemptLog'][number];
export type Goal = Schemas['Goal'];
export type Macro = Schemas['Macro'];
export type Offer = Schemas['Offer'];
export type Pause = Schemas['Pause'];
export type PauseInput = Schemas['PauseInput'];
export type Preview = Schemas['Preview'];
export type Problem = Schemas['Problem'];
export type WaitingItem = Schemas['WaitingItem'];
export type FailingCallback = Schemas['FailingCallback'];

export type Redelivery = Schemas['Redelivery'];
export type RedeliveryFilter = Schemas['RedeliveryFilter'];
export type RedeliveryInput = Schemas['RedeliveryInput'];
export type RedeliveryDryRun = Schemas['RedeliveryDryRun'];
export type ConversionExplanation = Schemas['ConversionExplanation'];
export type Statistics = Schemas['Statistics'];
export type StatisticsFigures = Schemas['StatisticsFigures'];
export type User = Schemas['User'];
export type ApiKey = Schemas['ApiKey'];
export type AuditEntry = Schemas['AuditEntry'];
export type DeadLetter = Schemas['DeadLetter'];

export type ConversionStatus = Conversion['status'];
export type DeliveryStatus = Delivery['status'];
export type OfferStatus = Offer['status'];

/** A page of a list. `nextCursor` is null on the last. */
export interface Page<Item> {
  readonly items: Item[];
  readonly nextCursor: string | null;
}
