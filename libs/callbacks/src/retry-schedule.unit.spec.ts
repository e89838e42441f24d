import fc from 'fast-check';
import { maxAttempts, nextAttemptDelayMs, RETRY_DELAYS_MS, scheduleLengthMs } from './retry-schedule.js';

const NO_JITTER = 0.5;
const s = 1_000;
const min = 60 * s;
const h = 60 * min;
const STANDARD = [5 * s, 30 * s, 2 * min, 10 * min, 30 * min, h, 3 * h, 6 * h, 12 * h, 24 * h, 24 * h];

const PRESETS = [
  { preset: 'short', attempts: 7, waits: [5 * s, 15 * s, 30 * s, min, 2 * min, 6 * min] },
  { preset: 'standard', attempts: 12, waits: STANDARD },
  { preset: 'long', attempts: 16, waits: [...STANDARD, 24 * h, 24 * h, 24 * h, 24 * h] },
] as const;

describe.each(PRESETS)('$preset', ({ preset, attempts, waits }) => {
  it(`makes ${attempts} attempts with the waits of the design, then no more`, () => {
    const made = Array.from({ length: attempts }, (_, index) => nextAttemptDelayMs(preset, index + 1, NO_JITTER));
    expect(made).toEqual([...waits, null]);
    expect(maxAttempts(preset)).toBe(attempts);
    expect(nextAttemptDelayMs(preset, attempts + 1, NO_JITTER)).toBeNull();
  });

  it('stretches or shortens each wait by at most 20 %', () => {
    waits.forEach((waitMs, index) => {
      expect(nextAttemptDelayMs(preset, index + 1, 0)).toBe(waitMs * 0.8);
      expect(nextAttemptDelayMs(preset, index + 1, 1 - Number.EPSILON)).toBe(waitMs * 1.2);
    });
  });

  it('is never longer than its length, whatever the jitter', () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), { minLength: 20, maxLength: 20 }), (randoms) => {
        const total = waits.reduce((sum, _wait, index) => sum + nextAttemptDelayMs(preset, index + 1, randoms[index]!)!, 0);
        expect(total).toBeLessThanOrEqual(scheduleLengthMs(preset) + waits.length);
      }),
    );
  });
});

it('standard takes about three days', () => {
  const days = RETRY_DELAYS_MS.standard.reduce((sum, waitMs) => sum + waitMs, 0) / (24 * h);
  expect(days).toBeCloseTo(2.95, 2);
});
