const MAX_ERROR_CHARACTERS = 1_000;

/** @returns the text as PostgreSQL can hold it: no NUL, no lone surrogate, at most 1,000 characters. */
export function textOf<Text extends string | null>(text: Text): Text | string;
export function textOf(text: string | null): string | null {
  if (text === null) return null;
  return text.slice(0, MAX_ERROR_CHARACTERS).replaceAll('\u0000', '\uFFFD').toWellFormed();
}
