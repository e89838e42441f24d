import { allowanceAt, MAX_CATCH_UP_MS, pacedAfter, type Pace } from './redelivery-pace.js';

describe('the pace of a redelivery', () => {
  const begun: Pace = { ratePerSecond: 3, pacedAtMs: 1_000 };

  it('gives out what the time since allows, and not one before', () => {
    expect(allowanceAt(begun, 1_000)).toBe(0);
    expect(allowanceAt(begun, 1_332)).toBe(0);
    expect(allowanceAt(begun, 1_334)).toBe(1);
    expect(allowanceAt(begun, 2_000)).toBe(3);
    expect(allowanceAt({ ratePerSecond: 1, pacedAtMs: 0 }, 1_000)).toBe(1);
  });

  it.each([1, 3, 7, 100, 500, 1_999])('at %i a second gives out just as many in a minute, however often it is asked', (ratePerSecond) => {
    let pace: Pace = { ratePerSecond, pacedAtMs: 0 };
    let given = 0;
    for (let nowMs = 0; nowMs <= 60_000; nowMs += 170) {
      const count = allowanceAt(pace, nowMs);
      given += count;
      // Stored in microseconds.
      pace = { ratePerSecond, pacedAtMs: Math.round(pacedAfter(pace, count, nowMs) * 1_000) / 1_000 };
    }
    expect(given).toBeLessThanOrEqual(60 * ratePerSecond);
    expect(given).toBeGreaterThanOrEqual(Math.floor(59.8 * ratePerSecond) - 1);
  });

  it('makes up for a second at most of what was missed', () => {
    const nowMs = 3_600_000;
    expect(allowanceAt(begun, nowMs)).toBe(3);
    const pacedAtMs = pacedAfter(begun, 3, nowMs);
    expect(pacedAtMs).toBe(nowMs - MAX_CATCH_UP_MS + 1_000);
    expect(allowanceAt({ ...begun, pacedAtMs }, nowMs)).toBe(0);
  });

  it('a clock that fell back gives out nothing until it has caught up', () => {
    expect(allowanceAt(begun, 500)).toBe(0);
  });
});
