import fc from 'fast-check';
import { maxAttempts, nextAttemptDelayMs, nextAttemptWaitMs, RETRY_DELAYS_MS, scheduleLengthMs } from './retry-schedule.js';

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

  it('stays within these bounds for every random number, and differs between two of them', () => {
    const random = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
    const step = fc.integer({ min: 1, max: waits.length });
    fc.assert(
      fc.property(step, random, (attemptsMade, chance) => {
        const waitMs = waits[attemptsMade - 1]!;
        const delayMs = nextAttemptDelayMs(preset, attemptsMade, chance)!;
        expect(Number.isInteger(delayMs)).toBe(true);
        expect(delayMs).toBeGreaterThanOrEqual(waitMs * 0.8);
        expect(delayMs).toBeLessThanOrEqual(waitMs * 1.2);
      }),
    );
    expect(nextAttemptDelayMs(preset, 1, 0.1)).not.toBe(nextAttemptDelayMs(preset, 1, 0.9));
  });

  it('waits longer where the receiver asks for it, never shorter, and ends no later', () => {
    waits.forEach((waitMs, index) => {
      expect(nextAttemptWaitMs(preset, index + 1, NO_JITTER, null)).toBe(waitMs);
      expect(nextAttemptWaitMs(preset, index + 1, NO_JITTER, 0)).toBe(waitMs);
      expect(nextAttemptWaitMs(preset, index + 1, NO_JITTER, waitMs + 1)).toBe(waitMs + 1);
    });
    expect(nextAttemptWaitMs(preset, attempts, NO_JITTER, 60 * s)).toBeNull();
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
