const DAY_MS = 24 * 60 * 60 * 1000;
/** A callback is given up after so long without one success, and so many failed attempts on so many days: a quiet one gets its chances. */
export const DISABLED_AFTER_MS = 5 * DAY_MS;
const MIN_FAILED_ATTEMPTS = 10;
const MIN_FAILED_DAYS = 3;

/** How a callback has failed since its last success, or since its version was made. */
export interface CallbackHealth {
  readonly callbackId: number;
  readonly version: number;
  readonly failingSinceMs: number;
  readonly failedAttempts: number;
  /** Days (UTC) on which an attempt failed. */
  readonly failedDays: number;
  /** The last warning: 0, 1 or 3 days. */
  readonly announcedDays: number;
  /** The version that was given up, if one was. */
  readonly disabledVersion: number | null;
}

/** What is to be announced of a callback. */
export type Verdict =
  | { readonly kind: 'disabled'; readonly reason: string; /** Null: its receiver said so. */ readonly failingSinceMs: number | null }
  | { readonly kind: 'failing'; readonly days: 1 | 3; readonly disabledAfterMs: number };

/**
 * What a failure comes to. Each verdict comes once: the health says what was announced before.
 *
 * @param failedAtMs when the latest attempt failed
 * @param isGone it was answered 410
 */
export function judgeCallback(health: CallbackHealth, failedAtMs: number, isGone: boolean): Verdict | null {
  const { failingSinceMs, failedAttempts, failedDays, announcedDays } = health;
  if (health.disabledVersion === health.version) return null;
  if (isGone) return { kind: 'disabled', reason: 'answered 410', failingSinceMs: null };
  const failingMs = failedAtMs - failingSinceMs;
  if (failingMs >= DISABLED_AFTER_MS && failedAttempts >= MIN_FAILED_ATTEMPTS && failedDays >= MIN_FAILED_DAYS) {
    const since = new Date(failingSinceMs).toISOString();
    return { kind: 'disabled', reason: `no success since ${since}, ${failedAttempts} failed attempts`, failingSinceMs };
  }
  const days = failingMs >= 3 * DAY_MS ? 3 : failingMs >= DAY_MS ? 1 : 0;
  return days > announcedDays ? { kind: 'failing', days: days as 1 | 3, disabledAfterMs: failingSinceMs + DISABLED_AFTER_MS } : null;
}
