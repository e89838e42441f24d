import type { RetryPreset } from '@ringback/contracts';

const SECOND_MS = 1_000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;

const STANDARD_MS = [
  5 * SECOND_MS,
  30 * SECOND_MS,
  2 * MINUTE_MS,
  10 * MINUTE_MS,
  30 * MINUTE_MS,
  HOUR_MS,
  3 * HOUR_MS,
  6 * HOUR_MS,
  12 * HOUR_MS,
  24 * HOUR_MS,
  24 * HOUR_MS,
];

/** The waits between attempts, in ms: n waits make n + 1 attempts. */
export const RETRY_DELAYS_MS: Readonly<Record<RetryPreset, readonly number[]>> = {
  short: [5 * SECOND_MS, 15 * SECOND_MS, 30 * SECOND_MS, MINUTE_MS, 2 * MINUTE_MS, 6 * MINUTE_MS],
  standard: STANDARD_MS,
  long: [...STANDARD_MS, 24 * HOUR_MS, 24 * HOUR_MS, 24 * HOUR_MS, 24 * HOUR_MS],
};

/** A wait is stretched or shortened by at most this share, so that what failed together does not come back together. */
const JITTER = 0.2;

/**
 * How long to wait before the next attempt.
 *
 * @param attemptsMade attempts that failed so far, 1 or more
 * @param random a number in [0, 1)
 * @returns ms, whole, within ±20 % of the preset's wait; null when the schedule is exhausted
 */
export function nextAttemptDelayMs(preset: RetryPreset, attemptsMade: number, random: number): number | null {
  const delayMs = RETRY_DELAYS_MS[preset][attemptsMade - 1];
  return delayMs === undefined ? null : Math.round(delayMs * (1 - JITTER + 2 * JITTER * random));
}

/**
 * How long to wait before the next attempt where the receiver may have asked for more: the later of the two, since coming sooner than it
 * asked would only fail again, and a receiver that asks for less does not know what else waits.
 *
 * @param retryAfterMs of the last answer; null when it asked for nothing
 * @returns ms, whole; null when the schedule is exhausted, whatever the receiver asks for
 */
export function nextAttemptWaitMs(preset: RetryPreset, attemptsMade: number, random: number, retryAfterMs: number | null): number | null {
  const delayMs = nextAttemptDelayMs(preset, attemptsMade, random);
  return delayMs === null || retryAfterMs === null ? delayMs : Math.max(delayMs, retryAfterMs);
}

/** @returns the most attempts that the preset makes: 7, 12 or 16. */
export function maxAttempts(preset: RetryPreset): number {
  return RETRY_DELAYS_MS[preset].length + 1;
}

/** @returns the ms from the first attempt to the last with the longest jitter, the requests' own time not counted. */
export function scheduleLengthMs(preset: RetryPreset): number {
  return Math.round(RETRY_DELAYS_MS[preset].reduce((sum, delayMs) => sum + delayMs, 0) * (1 + JITTER));
}
