import { z } from 'zod';
import { conversionCreatedSchema, statusChangedSchema } from '../conversion-events.js';
import { uuidSchema } from '../fields.js';

/** Most events of one search. */
export const MAX_SEARCHED_EVENTS = 500;

/** Events by what they tell: a conversion's `version` was made by exactly one event. */
export const eventSearchSchema = z.strictObject({
  events: z
    .array(z.strictObject({ conversionId: uuidSchema, version: z.int().min(1) }))
    .min(1)
    .max(MAX_SEARCHED_EVENTS),
});
export type EventSearch = z.infer<typeof eventSearchSchema>;

/**
 * The events in the order of the search; null where there is none. What would make the answer too large is left out at the end, never the
 * first: ask for the rest again.
 */
export const foundEventsSchema = z.object({ items: z.array(z.union([conversionCreatedSchema, statusChangedSchema]).nullable()) });
export type FoundEvents = z.infer<typeof foundEventsSchema>;
