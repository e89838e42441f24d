/** Times that the dashboard can show: how far back, and in which steps. */
export const RANGES = {
  '1h': { label: '1 hour', hours: 1, interval: 'minute' },
  '6h': { label: '6 hours', hours: 6, interval: 'minute' },
  '24h': { label: '24 hours', hours: 24, interval: 'hour' },
  '7d': { label: '7 days', hours: 7 * 24, interval: 'hour' },
  '30d': { label: '30 days', hours: 30 * 24, interval: 'day' },
} as const;
export type Range = keyof typeof RANGES;

/** Ranges of a minute's steps end with the minute, others with the hour: the same address asks for the same figures meanwhile. */
export function rangeQuery(range: Range, nowMs: number, timezone: string) {
  const { hours, interval } = RANGES[range];
  const stepMs = interval === 'minute' ? 60_000 : 3_600_000;
  const toMs = Math.ceil(nowMs / stepMs) * stepMs;
  return { from: new Date(toMs - hours * 3_600_000).toISOString(), to: new Date(toMs).toISOString(), interval, timezone };
}
