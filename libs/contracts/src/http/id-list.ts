import { z } from 'zod';
import { MAX_ID } from '../fields.js';

/** Most things that one question names: a page of a list. */
const MAX_IDS = 200;

/** Ids in a query, so that what stands beside a list needs one request: `7`, or `7,8,9`. */
export const idListSchema = z
  .string()
  .regex(new RegExp(`^\\d{1,10}(,\\d{1,10}){0,${MAX_IDS - 1}}$`), `must be an id, or up to ${MAX_IDS} separated by commas`)
  .refine((ids) => splitIds(ids).every((id) => id >= 1 && id <= MAX_ID), `ids are from 1 to ${MAX_ID}`);

/** @returns the ids of what {@link idListSchema} took. */
export function splitIds(ids: string): number[] {
  return ids.split(',').map(Number);
}
