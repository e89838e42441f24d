import { z } from 'zod';
import { idSchema, MAX_ID } from '../fields.js';
import { text } from '../text.js';
import { pageQueryShape, pageSchema } from './paging.js';

/** Most pauses at once: every dispatcher holds all of them in memory, and asks them for every delivery. */
export const MAX_PAUSES = 1_000;

/** What is paused: everything, what goes to one destination, what one affiliate is told, what one callback sends. */
export const pauseScopeSchema = z.enum(['all', 'destination', 'affiliate', 'callback']);
export type PauseScope = z.infer<typeof pauseScopeSchema>;

/** What the `key` of a pause of this scope has to be, in words. */
export const PAUSE_KEYS = {
  destination: 'must be the scheme, host and port of the destination, such as "https://tracker.example.com:443"',
  affiliate: 'must be the id of the affiliate',
  callback: 'must be the id of the callback',
} as const;

/**
 * Stops deliveries until the pause is deleted; what is due meanwhile is kept and uses up no attempt. `key` says whose: a destination, or
 * the id of an affiliate or a callback; none for `all`. Whether a destination is one is for the service to say.
 */
export const pauseInputSchema = z
  .strictObject({
    scope: pauseScopeSchema,
    key: z
      .union([text(500), z.int()], 'must be text or an integer')
      .nullable()
      .optional(),
    reason: text(500).nullable().optional(),
  })
  .superRefine(({ scope, key }, context) => {
    const complain = (message: string) => context.addIssue({ code: 'custom', path: ['key'], message });
    const isGiven = key !== undefined && key !== null;
    if (scope === 'all') {
      if (isGiven) complain('goes with no pause of all: remove it, or choose the scope that it belongs to');
    } else if (!isGiven) {
      complain(`is needed: it ${PAUSE_KEYS[scope]}`);
    } else if (scope === 'destination' ? typeof key !== 'string' : !isId(key)) {
      complain(PAUSE_KEYS[scope]);
    }
  });
export type PauseInput = z.infer<typeof pauseInputSchema>;

export const pauseSchema = z.object({
  id: idSchema,
  scope: pauseScopeSchema,
  /** `scheme://host:port`, or an id as text; null for `all`. */
  key: z.string().nullable(),
  reason: z.string().nullable(),
  /** Who paused. */
  createdBy: z.string(),
  createdAt: z.string(),
});
export type Pause = z.infer<typeof pauseSchema>;

export const pauseListQuerySchema = z.strictObject(pageQueryShape);
export type PauseListQuery = z.infer<typeof pauseListQuerySchema>;

/** A page of pauses, newest first. */
export const pausePageSchema = pageSchema(pauseSchema);
export type PausePage = z.infer<typeof pausePageSchema>;

function isId(key: string | number): boolean {
  return /^[1-9]\d{0,9}$/.test(String(key)) && Number(key) <= MAX_ID;
}
