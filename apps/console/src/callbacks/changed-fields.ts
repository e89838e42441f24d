import type { Callback, CallbackInput } from '../api/shapes.js';
import { bodyOf, patchOf, valuesOf, type CallbackValues } from './callback-values.js';

export interface ChangedField {
  readonly field: string;
  readonly theirs: string;
  readonly yours: string;
}

/** The fields as the form calls them, in its order. */
export const FIELD_LABELS: Readonly<Record<keyof CallbackInput, string>> = {
  affiliateId: 'Affiliate',
  goalId: 'Offer Goal',
  conversionStatus: 'Conversion Status',
  url: 'URL',
  httpType: 'HTTP Type',
  basicAuth: 'Basic Auth',
  requestParams: 'Request Params',
  requestHeaders: 'Request Headers',
  name: 'Name',
  enabled: 'Enabled',
  retry: 'Retry',
  timeoutMs: 'Timeout in ms',
  maxPerSecond: 'Rate per second',
  ordering: 'Ordering',
  signingSecrets: 'Signing secrets',
};

const NOT_TOUCHED = 'not touched: theirs stays';

/**
 * What someone else changed since the form was opened, each beside what was typed here.
 * @param base the callback as the form read it. @param theirs as it is now.
 */
export function changedByOthers(base: Callback, theirs: Callback, values: CallbackValues): ChangedField[] {
  const mine = patchOf(base, values);
  const changed = patchOf(base, valuesOf(theirs));
  return labelled(changed).map(([field, label]) => ({
    field: label,
    theirs: shown(changed[field]),
    yours: Object.hasOwn(mine, field) ? shown(mine[field]) : NOT_TOUCHED,
  }));
}

/** @returns what differs between two versions of a callback; `yours` is the newer. */
export function changedBetween(older: Callback, newer: Callback): ChangedField[] {
  const before = bodyOf(valuesOf(older));
  const changed = patchOf(older, valuesOf(newer));
  return labelled(changed).map(([field, label]) => ({ field: label, theirs: shown(before[field]), yours: shown(changed[field]) }));
}

function labelled(patch: Partial<CallbackInput>): [keyof CallbackInput, string][] {
  return (Object.entries(FIELD_LABELS) as [keyof CallbackInput, string][]).filter(([field]) => Object.hasOwn(patch, field));
}

/** @returns a value in words: lists line by line, secrets as what is known of them. */
function shown(value: unknown): string {
  if (value === null || value === undefined || value === '') return 'none';
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  if (Array.isArray(value)) return value.length === 0 ? 'none' : value.map(shownField).join('\n');
  if (typeof value === 'object') return 'login' in value ? `login ${String(value.login)}, password set` : 'token set';
  return String(value);
}

function shownField(field: { name?: string; value?: string; type?: string; secret?: boolean }): string {
  if (field.name === undefined) return 'set';
  const type = field.type === undefined || field.type === 'string' ? '' : ` (${field.type})`;
  return `${field.name} = ${field.secret ? 'secret' : (field.value ?? '')}${type}`;
}
