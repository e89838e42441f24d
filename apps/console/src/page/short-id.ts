/** @returns the end of an id: those of one minute begin alike. */
export function shortId(id: string): string {
  return `…${id.slice(-12)}`;
}
