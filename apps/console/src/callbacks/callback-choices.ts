import type { CallbackInput, ConversionStatus } from '../api/shapes.js';

/** Conversion statuses as affiliate platforms write them. */
export const CONVERSION_STATUSES: { value: ConversionStatus; label: string }[] = [
  { value: 'pending', label: 'Pending' },
  { value: 'done', label: 'Done' },
  { value: 'rejected', label: 'Rejected' },
];

export const HTTP_TYPES: { value: CallbackInput['httpType']; label: string }[] = [
  { value: 'GET', label: 'GET' },
  { value: 'POST_FORM', label: 'POST(FORM)' },
  { value: 'POST_JSON', label: 'POST(JSON)' },
];

export function httpTypeLabel(httpType: CallbackInput['httpType']): string {
  return HTTP_TYPES.find(({ value }) => value === httpType)!.label;
}
