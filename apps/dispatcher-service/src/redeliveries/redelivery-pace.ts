/** What was missed while nobody drove a redelivery, or nothing could go, is made up for this far, in ms: a burst of one second's worth. */
export const MAX_CATCH_UP_MS = 1_000;
/** PostgreSQL keeps microseconds: what is due by less than that is due. */
const ROUNDING = 1e-3;

export interface Pace {
  readonly ratePerSecond: number;
  /** Up to when the rate is used up, ms since the epoch. Kept with the redelivery, so that who takes it over goes on at its rate. */
  readonly pacedAtMs: number;
}

/** @returns how many deliveries may be given out now. */
export function allowanceAt({ ratePerSecond, pacedAtMs }: Pace, nowMs: number): number {
  const sinceMs = Math.min(nowMs - pacedAtMs, MAX_CATCH_UP_MS);
  return Math.max(0, Math.floor((sinceMs * ratePerSecond) / 1_000 + ROUNDING));
}

/** @returns up to when the rate is used up once `count` more were given out. */
export function pacedAfter({ ratePerSecond, pacedAtMs }: Pace, count: number, nowMs: number): number {
  return Math.max(pacedAtMs, nowMs - MAX_CATCH_UP_MS) + (count * 1_000) / ratePerSecond;
}
