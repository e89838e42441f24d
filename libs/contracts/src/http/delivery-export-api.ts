import { z } from 'zod';
import { deliveryListQuerySchema } from './deliveries-api.js';

export const EXPORT_FORMATS = ['ndjson', 'csv'] as const;
export type ExportFormat = (typeof EXPORT_FORMATS)[number];

/** Content type of each format: NDJSON has none that is registered; CSV is RFC 4180, with its header row (RFC 7111). */
export const EXPORT_CONTENT_TYPES: Readonly<Record<ExportFormat, string>> = {
  ndjson: 'application/x-ndjson; charset=utf-8',
  csv: 'text/csv; charset=utf-8; header=present',
};

/** The filters of the list, and the format; all that matches comes, newest first. */
export const deliveryExportQuerySchema = deliveryListQuerySchema
  .omit({ limit: true, cursor: true })
  .extend({ format: z.enum(EXPORT_FORMATS).default('ndjson') });
export type DeliveryExportQuery = z.infer<typeof deliveryExportQuerySchema>;
export type DeliveryExportFilter = Omit<DeliveryExportQuery, 'format'>;
