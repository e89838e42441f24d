import { z } from 'zod';
import { cloudEventSchema, eventDecoder, type CloudEvent } from './cloud-event.js';
import { conversionSchema, type Conversion } from './conversion.js';
import { conversionStatusSchema, timestampSchema, uuidSchema, type ConversionStatus } from './fields.js';

/** `source` of every event that conversions-service records. */
export const CONVERSIONS_SOURCE = '/ringback/conversions';

/** The newest revision of the configuration that the recorder had read: decides which callbacks fire. 0: none yet. */
const revisionSchema = z.int().min(0);

export const conversionCreatedSchema = cloudEventSchema(
  'ConversionCreated',
  z.object({ revision: revisionSchema, conversion: conversionSchema }),
);
export const statusChangedSchema = cloudEventSchema(
  'StatusChanged',
  z.object({ revision: revisionSchema, conversion: conversionSchema, previousStatus: conversionStatusSchema }),
);
/**
 * The personal data of a conversion was erased: whoever kept some of it forgets it. Fires nothing. Events of the conversion that were
 * recorded before carry it until the topic's retention is over.
 */
export const conversionErasedSchema = cloudEventSchema(
  'ConversionErased',
  z.object({ conversionId: uuidSchema, erasedAt: timestampSchema }),
);

/** On `conversions.events`, keyed by conversion id. `time` is when the event was recorded; `id` is a UUIDv7. */
export type ConversionCreated = CloudEvent<'ConversionCreated', { revision: number; conversion: Conversion }>;
export type StatusChanged = CloudEvent<'StatusChanged', { revision: number; conversion: Conversion; previousStatus: ConversionStatus }>;
export type ConversionEvent = ConversionCreated | StatusChanged;
export type ConversionErased = CloudEvent<'ConversionErased', { conversionId: string; erasedAt: string }>;

export const decodeConversionEvent = eventDecoder<ConversionEvent>({
  ConversionCreated: conversionCreatedSchema,
  StatusChanged: statusChangedSchema,
});

/** Everything that goes over `conversions.events`. */
export const decodeConversionMessage = eventDecoder<ConversionEvent | ConversionErased>({
  ConversionCreated: conversionCreatedSchema,
  StatusChanged: statusChangedSchema,
  ConversionErased: conversionErasedSchema,
});
