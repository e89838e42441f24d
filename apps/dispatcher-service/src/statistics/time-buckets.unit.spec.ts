import fc from 'fast-check';
import { DAYS, HOURS, FOUR_DAYS, MINUTES, ROLLUP_TABLES, SIXTEEN_DAYS, type RollupTable } from '../schema/rollup-tables.js';
import { keptSinceMs } from './kept-since.js';
import { tilesOf } from './tiles.js';
import { bucketIndex, isTimezone, timeBuckets } from './time-buckets.js';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const at = (text: string) => Date.parse(text);
const days = (from: string, to: string, timezone: string) => {
  const { startsMs, toMs } = timeBuckets({ fromMs: at(from), toMs: at(to) }, 'day', timezone, 0);
  return [...startsMs, toMs].map((ms) => new Date(ms).toISOString().slice(0, 16));
};

describe('buckets of time', () => {
  it('are whole, and cover the range', () => {
    const { startsMs, fromMs, toMs } = timeBuckets(
      { fromMs: at('2026-01-01T10:20:30Z'), toMs: at('2026-01-01T12:00:01Z') },
      'hour',
      'UTC',
      0,
    );
    expect([fromMs, toMs]).toEqual([at('2026-01-01T10:00Z'), at('2026-01-01T13:00Z')]);
    expect(startsMs).toEqual([10, 11, 12].map((hour) => at(`2026-01-01T${hour}:00Z`)));
  });

  it('of days begin at midnight in UTC', () => {
    expect(days('2026-03-01T05:00Z', '2026-03-02T01:00Z', 'UTC')).toEqual(['2026-03-01T00:00', '2026-03-02T00:00', '2026-03-03T00:00']);
  });

  it('of days begin at midnight in a zone, on days of 23 and 25 hours too', () => {
    expect(days('2026-03-28T12:00Z', '2026-03-30T12:00Z', 'Europe/Berlin')).toEqual([
      '2026-03-27T23:00',
      '2026-03-28T23:00',
      '2026-03-29T22:00',
      '2026-03-30T22:00',
    ]);
    expect(days('2026-10-25T00:00Z', '2026-10-26T00:00Z', 'Europe/Berlin')).toEqual([
      '2026-10-24T22:00',
      '2026-10-25T23:00',
      '2026-10-26T23:00',
    ]);
  });

  it('of days begin at 01:00 where clocks skip midnight', () => {
    // Cairo, 24 April 2026: from 00:00 (UTC+2) to 01:00 (UTC+3).
    expect(days('2026-04-23T12:00Z', '2026-04-24T12:00Z', 'Africa/Cairo')).toEqual([
      '2026-04-22T22:00',
      '2026-04-23T22:00',
      '2026-04-24T21:00',
    ]);
  });

  it('of days begin with the hour that midnight falls into, where it falls within an hour', () => {
    expect(days('2026-05-01T00:00Z', '2026-05-01T10:00Z', 'Asia/Kolkata')).toEqual(['2026-04-30T18:00', '2026-05-01T18:00']);
    expect(days('2026-05-01T00:00Z', '2026-05-01T10:00Z', 'Asia/Kathmandu')).toEqual(['2026-04-30T18:00', '2026-05-01T18:00']);
  });

  it('of a sum without a series are hours, and days where hours are no longer kept', () => {
    const range = { fromMs: at('2026-01-01T10:20Z'), toMs: at('2026-03-01T10:20Z') };
    expect(timeBuckets(range, 'none', 'UTC', at('2026-02-01T00:00Z'))).toEqual({
      startsMs: [],
      fromMs: at('2026-01-01T00:00Z'),
      toMs: at('2026-03-01T11:00Z'),
    });
  });

  it('have each moment in one of them', () => {
    fc.assert(
      fc.property(
        fc.constantFrom('minute', 'hour', 'day'),
        fc.constantFrom('UTC', 'America/New_York', 'Australia/Lord_Howe', 'Asia/Kolkata'),
        fc.integer({ min: at('2025-01-01T00:00Z'), max: at('2026-12-01T00:00Z') }),
        fc.integer({ min: 1, max: 5 * DAY }),
        fc.double({ min: 0, max: 0.9999, noNaN: true }),
        (interval, timezone, fromMs, length, share) => {
          const toMs = fromMs + (interval === 'minute' ? length / 40 : length);
          const buckets = timeBuckets({ fromMs, toMs }, interval as 'day', timezone, 0);
          expect(buckets.fromMs).toBeLessThanOrEqual(fromMs);
          expect(buckets.toMs).toBeGreaterThanOrEqual(toMs);
          expect(buckets.startsMs[0]).toBe(buckets.fromMs);
          const moment = buckets.fromMs + share * (buckets.toMs - buckets.fromMs);
          const index = bucketIndex(buckets.startsMs, moment);
          expect(buckets.startsMs[index]!).toBeLessThanOrEqual(moment);
          expect(buckets.startsMs[index + 1] ?? buckets.toMs).toBeGreaterThan(moment);
        },
      ),
      { numRuns: 60 },
    );
  });

  it('take names of zones, and nothing else', () => {
    expect(['UTC', 'Europe/Berlin', 'America/Argentina/Buenos_Aires'].every(isTimezone)).toBe(true);
    expect(['', '+05:30', 'Mars/Olympus', 'Europe/Berlin '].some(isTimezone)).toBe(false);
  });
});

describe('tiles', () => {
  it('cover a range once, with the longest that are summed', () => {
    const progress = {
      hoursThroughMs: at('2026-01-10T15:00Z'),
      daysThroughMs: at('2026-01-10T00:00Z'),
      fourDaysThroughMs: at('2026-01-07T00:00Z'),
      sixteenDaysThroughMs: at('2025-12-26T00:00Z'),
    };
    const told = (coarsest: RollupTable, from: string) =>
      tilesOf(at(from), at('2026-01-10T16:30Z'), coarsest, progress).map(({ table, fromMs, toMs }) => [
        table.name,
        new Date(fromMs).toISOString().slice(5, 16),
        new Date(toMs).toISOString().slice(5, 16),
      ]);
    const [dayAndToday, month] = [told(DAYS, '2026-01-08T22:00Z'), told(SIXTEEN_DAYS, '2025-12-08T22:00Z')];
    expect(month).toEqual([
      ['statistics_hour', '12-08T22:00', '12-09T00:00'],
      ['statistics_day', '12-09T00:00', '12-10T00:00'],
      ['statistics_sixteen_days', '12-10T00:00', '12-26T00:00'],
      ['statistics_four_days', '12-26T00:00', '01-07T00:00'],
      ['statistics_day', '01-07T00:00', '01-10T00:00'],
      ['statistics_hour', '01-10T00:00', '01-10T15:00'],
      ['statistics_minute', '01-10T15:00', '01-10T16:30'],
    ]);
    expect(dayAndToday).toEqual([
      ['statistics_hour', '01-08T22:00', '01-09T00:00'],
      ['statistics_day', '01-09T00:00', '01-10T00:00'],
      ['statistics_hour', '01-10T00:00', '01-10T15:00'],
      ['statistics_minute', '01-10T15:00', '01-10T16:30'],
    ]);
  });

  it('are seven of any 31 days, once all is summed', () => {
    const throughMs = at('2026-06-01T00:00Z');
    const progress = {
      hoursThroughMs: throughMs,
      daysThroughMs: throughMs,
      fourDaysThroughMs: throughMs,
      sixteenDaysThroughMs: throughMs,
    };
    for (let day = 0; day < 16; day++) {
      const fromMs = at('2026-04-01T00:00Z') + day * DAY;
      const tiles = tilesOf(fromMs, fromMs + 31 * DAY, SIXTEEN_DAYS, progress);
      const buckets = tiles.reduce((sum, { table, fromMs, toMs }) => sum + (toMs - fromMs) / table.bucketMs, 0);
      expect(buckets).toBe(7);
    }
  });

  it('leave no gap and never overlap, nor reach beyond what is summed', () => {
    const minutes = fc.integer({ min: 0, max: 40 * 24 * 60 }).map((minute) => minute * 60_000);
    fc.assert(
      fc.property(
        minutes,
        minutes,
        minutes,
        minutes,
        minutes,
        fc.constantFrom(...ROLLUP_TABLES),
        (a, b, hours, days, several, coarsest) => {
          const [fromMs, toMs] = [Math.min(a, b), Math.max(a, b)];
          const hoursThroughMs = Math.floor(hours / HOUR) * HOUR;
          const daysThroughMs = Math.floor(Math.min(hours, days) / DAY) * DAY;
          const fourDaysThroughMs = Math.floor(Math.min(hours, days, several) / FOUR_DAYS.bucketMs) * FOUR_DAYS.bucketMs;
          const sixteenDaysThroughMs = Math.floor(fourDaysThroughMs / SIXTEEN_DAYS.bucketMs) * SIXTEEN_DAYS.bucketMs;
          const progress = { hoursThroughMs, daysThroughMs, fourDaysThroughMs, sixteenDaysThroughMs };
          let position = fromMs;
          for (const tile of tilesOf(fromMs, toMs, coarsest, progress)) {
            expect(tile.fromMs).toBe(position);
            expect(tile.toMs).toBeGreaterThan(tile.fromMs);
            expect(tile.table.bucketMs).toBeLessThanOrEqual(coarsest.bucketMs);
            expect([tile.fromMs % tile.table.bucketMs, tile.toMs % tile.table.bucketMs]).toEqual([0, 0]);
            if (tile.table === HOURS) expect(tile.toMs).toBeLessThanOrEqual(hoursThroughMs);
            if (tile.table === DAYS) expect(tile.toMs).toBeLessThanOrEqual(daysThroughMs);
            if (tile.table === FOUR_DAYS) expect(tile.toMs).toBeLessThanOrEqual(fourDaysThroughMs);
            if (tile.table === SIXTEEN_DAYS) expect(tile.toMs).toBeLessThanOrEqual(sixteenDaysThroughMs);
            position = tile.toMs;
          }
          expect(position).toBe(toMs);
        },
      ),
    );
  });
});

describe('rollups', () => {
  it('are kept for their time, and until they are summed into the next', () => {
    const nowMs = at('2026-06-10T12:00Z');
    const [fourDaysThroughMs, sixteenDaysThroughMs] = [at('2025-01-01T00:00Z'), at('2024-12-16T00:00Z')];
    const current = {
      hoursThroughMs: at('2026-06-10T11:00Z'),
      daysThroughMs: at('2026-06-10T00:00Z'),
      fourDaysThroughMs,
      sixteenDaysThroughMs,
    };
    expect(keptSinceMs(MINUTES, current, nowMs)).toBe(at('2026-06-08T00:00Z'));
    const behind = {
      hoursThroughMs: at('2026-06-01T11:00Z'),
      daysThroughMs: at('2026-03-01T00:00Z'),
      fourDaysThroughMs,
      sixteenDaysThroughMs,
    };
    expect(keptSinceMs(MINUTES, behind, nowMs)).toBe(at('2026-06-01T00:00Z'));
    expect(keptSinceMs(HOURS, behind, nowMs)).toBeLessThanOrEqual(at('2026-03-01T00:00Z'));
    expect(keptSinceMs(DAYS, behind, nowMs)).toBeLessThanOrEqual(fourDaysThroughMs);
  });
});
