import { z } from 'zod';

/** A character that PostgreSQL (NUL) or UTF-8 (a lone surrogate) cannot hold. */
function isStorable(value: string): boolean {
  return !value.includes('\u0000') && value.isWellFormed();
}

const UNSTORABLE = 'must not contain NUL or lone surrogates: remove the character';

/** A string that every store and wire of Ringback can hold: no NUL, no lone surrogate, at most `max` UTF-16 units. */
export function text(max: number): z.ZodString {
  return z.string().max(max).refine(isStorable, UNSTORABLE);
}

/** As {@link text}, and neither empty nor only white space. */
export function name(max: number): z.ZodString {
  return text(max).refine((value) => value.trim().length > 0, 'must not be empty');
}
