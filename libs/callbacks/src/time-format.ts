/** The formats of `|fmt:…`. All tell UTC. */
export const TIME_FORMATS = ['unix', 'unix_ms', 'iso', 'date', 'time'] as const;
export type TimeFormat = (typeof TIME_FORMATS)[number];

/**
 * @param atMs ms since the epoch
 * @returns `unix` whole seconds, `unix_ms` whole ms, `iso` as `2026-01-31T12:34:56.789Z`, `date` as `2026-01-31`, `time` as `12:34:56`;
 * empty when there is no such moment
 */
export function formatTime(atMs: number, format: TimeFormat): string {
  const at = new Date(atMs);
  if (Number.isNaN(at.getTime())) return '';
  switch (format) {
    case 'unix':
      return String(Math.floor(at.getTime() / 1_000));
    case 'unix_ms':
      return String(at.getTime());
    case 'iso':
      return at.toISOString();
    case 'date':
      return at.toISOString().slice(0, 10);
    case 'time':
      return at.toISOString().slice(11, 19);
  }
}

/** @returns a recorded time as `Date#toISOString` writes it, whatever offset or precision it was given with. */
export function canonicalTime(timestamp: string): string {
  return timestamp.length === 24 && timestamp.endsWith('Z') ? timestamp : formatTime(Date.parse(timestamp), 'iso');
}
