import type { Conversion, ConversionStatus } from '@ringback/contracts';
import type { RenderContext } from './render-context.js';
import { canonicalTime, formatTime } from './time-format.js';

export const MACRO_GROUPS = ['ids', 'event', 'goal', 'money', 'offer', 'sub', 'adv', 'time', 'client', 'ads', 'other'] as const;
export type MacroGroup = (typeof MACRO_GROUPS)[number];

/** A macro as the catalogue shows it. */
export interface MacroDescription {
  /** Snake case, without braces. Written in any letter case. */
  readonly name: string;
  readonly group: MacroGroup;
  readonly meaning: string;
  /** Its value for the sample conversion: see `sampleRenderContext`. */
  readonly example: string;
  /** The value may tell who a person is, or where: personal data. */
  readonly pii: boolean;
}

/** A macro with its value. A value that is not there is the empty string. */
export interface Macro extends MacroDescription {
  readonly read: (context: RenderContext) => string;
  /** The field of the conversion that it shows as it is. */
  readonly field?: DetailField;
  /** The moment it tells, in ms since the epoch, NaN when there is none. Only macros that have it can be formatted by `fmt`. */
  readonly momentMs?: (context: RenderContext) => number;
}

const STATUS_CODES: Readonly<Record<ConversionStatus, string>> = { pending: '1', done: '2', rejected: '3' };

const conversionOf = (context: RenderContext): Conversion => context.event.data.conversion;

function macro(group: MacroGroup, name: string, meaning: string, example: string, read: (context: RenderContext) => string): Macro {
  return { group, name, meaning, example, pii: false, read };
}

/** An optional text of the conversion, as its sender gave it. */
function detail(group: MacroGroup, name: string, field: DetailField, meaning: string, example: string, pii = false): Macro {
  return { group, name, meaning, example, pii, field, read: (context) => conversionOf(context)[field] ?? '' };
}
/** A field of a conversion that is a text, or not there. */
export type DetailField = {
  [Field in keyof Conversion]-?: Conversion[Field] extends string | null | undefined ? Field : never;
}[keyof Conversion];

/** A recorded time: ISO 8601 in UTC unless formatted. */
function recordedTime(name: string, field: 'clickTime' | 'createdAt' | 'statusAt', meaning: string, example: string): Macro {
  return {
    ...macro('time', name, meaning, example, (context) => canonicalTime(conversionOf(context)[field] ?? '')),
    momentMs: (context) => Date.parse(conversionOf(context)[field] ?? ''),
  };
}

/** The time of the attempt, in its own format unless formatted otherwise. */
function attemptTime(name: string, format: 'iso' | 'unix' | 'date' | 'time', meaning: string, example: string): Macro {
  return {
    ...macro('time', name, meaning, example, (context) => formatTime(context.sentAtMs, format)),
    momentMs: (context) => context.sentAtMs,
  };
}

const TEN = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10] as const;

/** Every macro but `param.<key>`, in the order in which the catalogue shows them. Names are unique. */
export const MACROS: readonly Macro[] = [
  macro('ids', 'conversion_id', 'Id of the conversion', '01941f29-7c00-7a3e-9f10-5c2d8e41b6a7', (c) => conversionOf(c).id),
  detail('ids', 'transaction_id', 'transactionId', "The advertiser's id of the conversion", 'T-100042'),
  detail('ids', 'click_id', 'clickId', 'Id of the click that led to the conversion', 'c7f3e9a1b2'),
  detail('ids', 'affiliate_click_id', 'affiliateClickId', "The affiliate's own id of the click", 'aff-8842-x'),
  macro(
    'ids',
    'delivery_id',
    'Id of this delivery, the same in every attempt',
    '01941f29-8000-8b21-a4c3-9d7e6f5a4b3c',
    (c) => c.deliveryId,
  ),
  macro('ids', 'event_id', 'Id of the event that fired the callback', '01941f29-8000-7d55-8e02-1f3a5b7c9d0e', (c) => c.event.id),
  macro('ids', 'callback_id', 'Id of the callback', '7', (c) => String(c.callbackId)),
  macro('ids', 'random', 'A random value, another one at each place and attempt', '9f86d081884c7d65', (c) => c.random()),

  macro('event', 'event_type', 'What happened: ConversionCreated or StatusChanged', 'StatusChanged', (c) => c.event.type),
  macro('event', 'status', 'Status of the conversion: pending, done or rejected', 'done', (c) => conversionOf(c).status),
  macro('event', 'previous_status', 'Status before this change; empty for a new conversion', 'pending', (c) =>
    c.event.type === 'StatusChanged' ? c.event.data.previousStatus : '',
  ),
  macro('event', 'status_code', 'Status as a number: pending 1, done 2, rejected 3', '2', (c) => STATUS_CODES[conversionOf(c).status]),
  macro('event', 'conversion_version', 'Counts the states of the conversion: 1, 2, 3…', '2', (c) => String(conversionOf(c).version)),
  detail('event', 'reject_reason', 'rejectReason', 'Why the conversion was rejected', ''),

  macro('goal', 'goal_id', 'Id of the goal; empty without one', '3', (c) => String(conversionOf(c).goalId ?? '')),
  macro('goal', 'goal_name', 'Name of the goal; empty without one', 'First deposit', (c) => c.goalName ?? ''),

  detail('money', 'payout', 'payout', 'What the affiliate earns, a decimal', '12.50'),
  detail('money', 'currency', 'currency', 'ISO 4217 code of the amounts', 'EUR'),
  detail('money', 'revenue', 'revenue', 'What the network earns, a decimal', '18.00'),
  detail('money', 'sale_amount', 'saleAmount', 'What the customer paid, a decimal', '249.90'),

  macro('offer', 'offer_id', 'Id of the offer', '42', (c) => String(conversionOf(c).offerId)),
  macro('offer', 'offer_name', 'Name of the offer', 'Summer Sale & More', (c) => c.offerName),
  macro('offer', 'affiliate_id', 'Id of the affiliate', '5', (c) => String(conversionOf(c).affiliateId)),
  macro('offer', 'affiliate_name', 'Name of the affiliate', 'Müller Media', (c) => c.affiliateName),
  detail('offer', 'source', 'source', 'Where the traffic came from', 'newsletter'),

  ...TEN.map((n) => detail('sub', `sub${n}`, `sub${n}`, `The affiliate's free parameter ${n}`, n === 1 ? 'spring banner' : `sub-${n}`)),
  ...TEN.map((n) => detail('adv', `adv${n}`, `adv${n}`, `The advertiser's free parameter ${n}`, `adv-${n}`)),

  recordedTime('click_time', 'clickTime', 'When the click was made', '2025-01-01T11:58:21.000Z'),
  recordedTime('conversion_time', 'createdAt', 'When the conversion was recorded', '2025-01-01T12:00:00.000Z'),
  recordedTime('status_time', 'statusAt', 'When the status last changed', '2025-01-01T12:00:01.024Z'),
  attemptTime('sent_at', 'iso', 'When this attempt is made', '2025-01-01T12:00:01.536Z'),
  attemptTime('timestamp', 'unix', 'When this attempt is made, in Unix seconds', '1735732801'),
  attemptTime('date', 'date', 'Date of this attempt in UTC', '2025-01-01'),
  attemptTime('time', 'time', 'Time of day of this attempt in UTC', '12:00:01'),

  detail('client', 'ip', 'ip', 'IP address of the customer', '203.0.113.24', true),
  detail('client', 'country', 'country', 'Country of the customer', 'DE'),
  detail('client', 'region', 'region', 'Region of the customer', 'Bayern'),
  detail('client', 'city', 'city', 'City of the customer', 'München', true),
  detail(
    'client',
    'user_agent',
    'userAgent',
    "User agent of the customer's browser",
    'Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X)',
    true,
  ),
  detail('client', 'device_type', 'deviceType', 'Kind of device', 'mobile'),
  detail('client', 'os', 'os', 'Operating system', 'iOS 18.1'),
  detail('client', 'browser', 'browser', 'Browser', 'Safari'),
  detail('client', 'language', 'language', 'Language of the customer', 'de-DE'),

  detail('ads', 'gclid', 'gclid', 'Click id of Google Ads', 'Cj0KCQiA4-y8BhC3ARIsAE', true),
  detail('ads', 'fbclid', 'fbclid', 'Click id of Meta', 'IwAR2x9d0bT7', true),
  detail('ads', 'ttclid', 'ttclid', 'Click id of TikTok', 'E.C.P.CrcBh2tQ', true),
  detail('ads', 'idfa', 'idfa', 'Advertising id of an Apple device', 'EA7583CD-A667-48BC-B806-42ECB2B48606', true),
  detail('ads', 'gaid', 'gaid', 'Advertising id of an Android device', '38400000-8cf0-11bd-b23e-10b96e40000d', true),

  macro('other', 'attempt', 'Number of this attempt: 1, 2, 3…', '1', (c) => String(c.attempt)),
  detail('other', 'promo_code', 'promoCode', 'Promotional code that was used', 'SPRING25'),
  detail('other', 'user_id', 'userId', "The advertiser's id of the customer", 'u-77120', true),
];

/** How the catalogue shows `{param.<key>}`, the one macro with a name of its own making. */
export const PARAM_MACRO: MacroDescription = {
  name: 'param.<key>',
  group: 'other',
  meaning: "The conversion's own parameter of that key, compared letter by letter: {param.plan}",
  example: 'gold',
  pii: true,
};

/** The whole catalogue, for people. */
export const MACRO_CATALOGUE: readonly MacroDescription[] = [
  ...MACROS.map(({ name, group, meaning, example, pii }) => ({ name, group, meaning, example, pii })),
  PARAM_MACRO,
];

const BY_NAME: ReadonlyMap<string, Macro> = new Map(MACROS.map((entry) => [entry.name, entry]));
const PARAM_KEY = /^param\.([A-Za-z0-9_-]{1,64})$/i;

/** @returns the macro of a name as written between braces (any letter case; the key after `param.` exactly), or null. */
export function findMacro(name: string): Macro | null {
  const known = BY_NAME.get(name.toLowerCase());
  if (known !== undefined) return known;
  const key = PARAM_KEY.exec(name)?.[1];
  if (key === undefined) return null;
  return {
    ...PARAM_MACRO,
    name: `param.${key}`,
    read: (context) => {
      const { params } = conversionOf(context);
      return params !== undefined && Object.hasOwn(params, key) ? params[key]! : '';
    },
  };
}
