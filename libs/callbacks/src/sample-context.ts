import type { Conversion, ConversionEvent, NewestEvent, StatusChanged } from '@ringback/contracts';
import type { CallbackConditions } from './conditions.js';
import { MACROS, PARAM_MACRO } from './macro-catalogue.js';
import type { RenderContext } from './render-context.js';

const example = (name: string): string => MACROS.find((macro) => macro.name === name)?.example ?? '';

const numbered = Object.fromEntries(
  ['sub', 'adv']
    .flatMap((prefix) => Array.from({ length: 10 }, (_, index) => `${prefix}${index + 1}`))
    .map((name) => [name, example(name)]),
);

const conversion: Conversion = {
  id: example('conversion_id'),
  version: Number(example('conversion_version')),
  offerId: Number(example('offer_id')),
  affiliateId: Number(example('affiliate_id')),
  goalId: Number(example('goal_id')),
  status: 'done',
  rejectReason: null,
  transactionId: example('transaction_id'),
  clickId: example('click_id'),
  affiliateClickId: example('affiliate_click_id'),
  payout: example('payout'),
  revenue: example('revenue'),
  saleAmount: example('sale_amount'),
  currency: example('currency'),
  source: example('source'),
  ...numbered,
  clickTime: example('click_time'),
  ip: example('ip'),
  country: example('country'),
  region: example('region'),
  city: example('city'),
  userAgent: example('user_agent'),
  deviceType: example('device_type'),
  os: example('os'),
  browser: example('browser'),
  language: example('language'),
  gclid: example('gclid'),
  fbclid: example('fbclid'),
  ttclid: example('ttclid'),
  idfa: example('idfa'),
  gaid: example('gaid'),
  promoCode: example('promo_code'),
  userId: example('user_id'),
  params: { plan: PARAM_MACRO.example },
  createdAt: example('conversion_time'),
  statusAt: example('status_time'),
};

/** A conversion that turned from pending to done: each macro's value is its example in the catalogue. */
export const SAMPLE_EVENT: StatusChanged = {
  specversion: '1.0',
  id: example('event_id'),
  source: '/ringback/conversions',
  type: 'StatusChanged',
  subject: conversion.id,
  time: conversion.statusAt,
  datacontenttype: 'application/json',
  data: { revision: 1, conversion, previousStatus: 'pending' },
};

/** What a preview renders with where it has nothing real. */
export const SAMPLE_CONTEXT: RenderContext = {
  event: SAMPLE_EVENT,
  callbackId: Number(example('callback_id')),
  offerName: example('offer_name'),
  affiliateName: example('affiliate_name'),
  goalName: example('goal_name'),
  deliveryId: example('delivery_id'),
  attempt: 1,
  sentAtMs: Date.parse(example('sent_at')),
  random: () => example('random'),
};

/** @returns the sample event, made one that meets a callback's conditions. */
export function sampleEventFor(
  offerId: number,
  { affiliateId, goalId, conversionStatus }: Pick<CallbackConditions, 'affiliateId' | 'goalId' | 'conversionStatus'>,
): ConversionEvent {
  const { data } = SAMPLE_EVENT;
  return { ...SAMPLE_EVENT, data: { ...data, conversion: { ...data.conversion, offerId, affiliateId, goalId, status: conversionStatus } } };
}

/**
 * @param event of the conversion's history; without it the event's id is the sample's, and what the status was before is a guess
 * @returns the newest event of a conversion
 */
export function newestEventOf(conversion: Conversion, event?: NewestEvent): ConversionEvent {
  const envelope = { ...SAMPLE_EVENT, id: event?.id ?? SAMPLE_EVENT.id, subject: conversion.id, time: conversion.statusAt };
  const previousStatus = event === undefined ? (conversion.version === 1 ? null : 'pending') : event.previousStatus;
  if (previousStatus === null) return { ...envelope, type: 'ConversionCreated', data: { revision: 0, conversion } };
  return { ...envelope, data: { revision: 0, conversion, previousStatus } };
}
