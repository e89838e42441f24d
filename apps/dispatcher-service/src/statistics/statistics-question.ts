import {
  PAUSE_KEYS,
  STATISTICS_KEPT_DAYS,
  STATISTICS_MAX_DAYS,
  STATISTICS_MAX_POINTS,
  splitIds,
  type FieldError,
  type StatisticsQuery,
} from '@ringback/contracts';
import { NO_DESTINATION, readDestination } from '../callback-index/destination.js';
import { DAY_MS } from '../schema/day-partitions.js';
import type { StatisticsQuestion } from './statistics.read-model.js';
import { isTimezone, isUtc, timeBuckets } from './time-buckets.js';

const HOUR_MS = 3_600_000;

export type ReadQuestion =
  { readonly ok: true; readonly question: StatisticsQuestion } | { readonly ok: false; readonly errors: readonly FieldError[] };

/**
 * Reads what a query asks, within its bounds.
 * @param offerIds the only offers that the caller may see; null: all
 */
export function readQuestion(query: StatisticsQuery, offerIds: readonly number[] | null, nowMs: number): ReadQuestion {
  const refuse = (path: string, message: string): ReadQuestion => ({ ok: false, errors: [{ path, message }] });
  const { interval, timezone, groupBy, limit, order } = query;
  if (!isTimezone(timezone)) return refuse('timezone', 'must be a name of the IANA time zone database, such as "Europe/Berlin"');
  const toMs = query.to === undefined ? Math.floor(nowMs / HOUR_MS) * HOUR_MS + HOUR_MS : Date.parse(query.to);
  const maxDays = STATISTICS_MAX_DAYS[interval];
  const fromMs = query.from === undefined ? toMs - Math.min(1, maxDays) * DAY_MS : Date.parse(query.from);
  if (fromMs >= toMs) return refuse('from', 'must be before `to`');
  if (toMs - fromMs > maxDays * DAY_MS)
    return refuse(
      'from',
      `is too far from \`to\`: with interval=${interval} at most ${lengthOf(maxDays)}; ask for less, or a longer interval`,
    );
  const keptDays = interval === 'day' && !isUtc(timezone) ? STATISTICS_KEPT_DAYS.hour : STATISTICS_KEPT_DAYS[interval];
  const keptSinceMs = nowMs - keptDays * DAY_MS;
  if (fromMs < keptSinceMs) {
    const since = new Date(keptSinceMs).toISOString();
    if (keptDays !== STATISTICS_KEPT_DAYS[interval])
      return refuse('timezone', `days before ${since} are kept as days of UTC only: leave it out, or ask from then on`);
    return refuse(
      'from',
      `is too long ago: with interval=${interval} figures are kept since ${since}; ask from then on, or a longer interval`,
    );
  }
  const buckets = timeBuckets({ fromMs, toMs }, interval, timezone, nowMs - STATISTICS_KEPT_DAYS.hour * DAY_MS);
  const groups = groupBy === 'none' ? 1 : groupBy === 'status' ? 3 : limit;
  if (buckets.startsMs.length * groups > STATISTICS_MAX_POINTS)
    return refuse(
      'limit',
      `makes ${groups} groups of ${buckets.startsMs.length} buckets, of at most ${STATISTICS_MAX_POINTS.toLocaleString('en-US')} points: lower it, ask for less time, or a longer interval`,
    );
  const destination = query.destination === undefined ? null : asListed(query.destination);
  if (destination === undefined) return refuse('destination', PAUSE_KEYS.destination);
  const filter = {
    offerIds,
    offerId: query.offerId ?? null,
    affiliateId: query.affiliateId ?? null,
    callbackIds: query.callbackId === undefined ? null : splitIds(query.callbackId),
    destination,
  };
  return { ok: true, question: { buckets, interval, timezone, groupBy, filter, order, limit } };
}

function asListed(destination: string): string | undefined {
  if (destination === NO_DESTINATION) return '';
  return readDestination(destination) ?? undefined;
}

function lengthOf(days: number): string {
  return days < 1 ? `${days * 24} hours` : `${days} days`;
}
