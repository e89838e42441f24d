import type { Delivery, ExportFormat } from '@ringback/contracts';
import { stringify } from 'csv-stringify/sync';

/** In the order in which they stand; the names are those of the API. */
const COLUMNS = [
  'id',
  'recordedAt',
  'settledAt',
  'status',
  'httpStatus',
  'attempts',
  'offerId',
  'affiliateId',
  'callbackId',
  'conversionId',
  'conversionVersion',
  'conversionStatus',
  'eventType',
  'eventId',
  'destination',
  'nextAttemptAt',
  'redeliveryOf',
  'error',
] as const satisfies readonly (keyof Delivery)[];

/**
 * What an export begins with: the names of the columns, or nothing.
 * CSV is that of RFC 4180. What a spreadsheet would take for a formula (a cell that begins with `=`, `+`, `-`, `@`, a tab or a carriage
 * return: OWASP, CSV injection) gets an apostrophe before it: errors quote what strangers' servers said.
 */
export function exportHead(format: ExportFormat): string {
  return format === 'csv' ? stringify([COLUMNS], { record_delimiter: 'windows' }) : '';
}

/** @returns deliveries as lines of the format, each with its end. */
export function exportLines(deliveries: readonly Delivery[], format: ExportFormat): string {
  if (format === 'ndjson') return deliveries.map((delivery) => `${JSON.stringify(delivery)}\n`).join('');
  return stringify(
    deliveries.map((delivery) => COLUMNS.map((column) => delivery[column])),
    { escape_formulas: true, record_delimiter: 'windows' },
  );
}
