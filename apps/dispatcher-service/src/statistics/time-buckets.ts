import type { StatisticsInterval } from '@ringback/contracts';

const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** Buckets of time, one after the other without a gap. */
export interface TimeBuckets {
  /** Where each begins, in ms; empty with the interval `none`. */
  readonly startsMs: readonly number[];
  readonly fromMs: number;
  readonly toMs: number;
}

/** Days and hours of UTC: what is summed to days can be used. */
export function isUtc(timezone: string): boolean {
  return timezone === 'UTC' || timezone === 'Etc/UTC';
}

/** @returns whether the name is one of the IANA database, as this Node.js knows it. */
export function isTimezone(timezone: string): boolean {
  // Offsets such as `+05:30` are taken by Intl too, and are no names.
  if (!/^[A-Za-z]/.test(timezone)) return false;
  try {
    new Intl.DateTimeFormat('en', { timeZone: timezone });
    return true;
  } catch {
    // A RangeError, and nothing else: it is not known.
    return false;
  }
}

/**
 * @param hoursSinceMs since when there are hours: a sum without a series is widened to hours, and before then to days of UTC
 * @returns the buckets that have any part of the range.
 */
export function timeBuckets(
  range: { readonly fromMs: number; readonly toMs: number },
  interval: StatisticsInterval,
  timezone: string,
  hoursSinceMs: number,
): TimeBuckets {
  switch (interval) {
    case 'minute':
      return evenBuckets(range, MINUTE_MS);
    case 'hour':
      return evenBuckets(range, HOUR_MS);
    case 'day':
      return isUtc(timezone) ? evenBuckets(range, DAY_MS) : localDays(range, timezone);
    case 'none': {
      const widened = (atMs: number, towards: (value: number) => number) => {
        const unitMs = atMs < hoursSinceMs ? DAY_MS : HOUR_MS;
        return towards(atMs / unitMs) * unitMs;
      };
      return { startsMs: [], fromMs: widened(range.fromMs, Math.floor), toMs: widened(range.toMs, Math.ceil) };
    }
  }
}

function evenBuckets({ fromMs, toMs }: { readonly fromMs: number; readonly toMs: number }, bucketMs: number): TimeBuckets {
  const first = Math.floor(fromMs / bucketMs);
  const end = Math.ceil(toMs / bucketMs);
  const startsMs = Array.from({ length: end - first }, (_, index) => (first + index) * bucketMs);
  return { startsMs, fromMs: first * bucketMs, toMs: end * bucketMs };
}

/**
 * Days of a zone, in whole hours of UTC, since older figures are kept by these: where midnight falls within an hour (India, Nepal), the
 * day begins with that hour, up to 45 minutes early. So every hour belongs to the day it ends in, which holds for a day that begins at
 * 01:00, too, because its midnight was skipped.
 */
function localDays({ fromMs, toMs }: { readonly fromMs: number; readonly toMs: number }, timezone: string): TimeBuckets {
  const format = new Intl.DateTimeFormat('en-CA', { timeZone: timezone, year: 'numeric', month: '2-digit', day: '2-digit' });
  const dayOf = (hourMs: number) => format.format(hourMs + HOUR_MS - 1);
  let startMs = Math.floor(fromMs / HOUR_MS) * HOUR_MS;
  const firstDay = dayOf(startMs);
  while (dayOf(startMs - HOUR_MS) === firstDay) startMs -= HOUR_MS;
  const startsMs = [startMs];
  let day = firstDay;
  let hourMs = startMs + HOUR_MS;
  for (; ; hourMs += HOUR_MS) {
    const next = dayOf(hourMs);
    if (next === day) continue;
    if (hourMs >= toMs) break;
    startsMs.push(hourMs);
    day = next;
  }
  return { startsMs, fromMs: startMs, toMs: hourMs };
}

/** @returns the index of the bucket that a time within the range falls into. */
export function bucketIndex(startsMs: readonly number[], atMs: number): number {
  let low = 0;
  let high = startsMs.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (startsMs[middle]! <= atMs) low = middle;
    else high = middle - 1;
  }
  return low;
}
