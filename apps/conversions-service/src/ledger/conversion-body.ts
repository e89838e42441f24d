import { PERSONAL_FIELDS } from '@ringback/callbacks';
import { conversionDetailShape, type ChangeStatus, type Conversion, type ConversionInput, type FieldError } from '@ringback/contracts';
import type { StoredConversion } from './known-ledger.js';

type Detail = keyof typeof conversionDetailShape;
const DETAILS = Object.keys(conversionDetailShape) as Detail[];
const LASTING_DETAILS = DETAILS.filter((field) => !(PERSONAL_FIELDS as readonly string[]).includes(field));

/**
 * @returns the details of an input as they are stored and compared: `clickTime` in UTC, so that the same moment told twice is the same.
 * A time whose year UTC cannot write with four digits stays as given.
 */
export function conversionDetails(input: ConversionInput): Partial<Pick<Conversion, Detail>> {
  const details: Record<string, unknown> = {};
  for (const field of DETAILS) if (input[field] !== undefined) details[field] = input[field];
  if (input.clickTime !== undefined) {
    const utc = new Date(input.clickTime).toISOString();
    if (utc.length === 24) details['clickTime'] = utc;
  }
  return details;
}

/**
 * @returns the fields in which a repeat differs from what the conversion was first reported with; none: it is the same request. What was
 * erased is compared with nothing.
 */
export function differingFields(stored: StoredConversion, input: ConversionInput): string[] {
  const { conversion, first } = stored;
  const fields: string[] = [];
  if (conversion.offerId !== input.offerId) fields.push('offerId');
  if (conversion.affiliateId !== input.affiliateId) fields.push('affiliateId');
  if (conversion.goalId !== (input.goalId ?? null)) fields.push('goalId');
  if (first.status !== input.status) fields.push('status');
  if (first.rejectReason !== (input.rejectReason ?? null)) fields.push('rejectReason');
  const details = conversionDetails(input);
  for (const field of conversion.erasedAt === undefined ? DETAILS : LASTING_DETAILS) {
    if (field === 'params') fields.push(...differingParams(conversion.params ?? {}, input.params ?? {}));
    else if (conversion[field] !== details[field]) fields.push(field);
  }
  return fields;
}

function differingParams(first: Readonly<Record<string, string>>, repeat: Readonly<Record<string, string>>): string[] {
  const keys = new Set([...Object.keys(first), ...Object.keys(repeat)]);
  return [...keys].filter((key) => first[key] !== repeat[key]).map((key) => `params.${key}`);
}

/** @returns the fields in which two requests to change a status differ. */
export function differingChange(first: ChangeStatus['data'], repeat: ChangeStatus['data']): string[] {
  return (['offerId', 'transactionId', 'status', 'rejectReason'] as const).filter((field) => first[field] !== repeat[field]);
}

/** @returns differing fields as a problem's errors. */
export function differenceErrors(fields: readonly string[]): FieldError[] {
  return fields.map((path) => ({ path, message: 'differs from the first request with this key: use another key, or send the same body' }));
}
