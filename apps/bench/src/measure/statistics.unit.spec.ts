import { logNormal, median, percentiles, seededRandom } from './statistics.js';

describe('statistics', () => {
  it('have the median of odd and even counts', () => {
    expect([median([3, 1, 2]), median([4, 1, 3, 2]), median([7])]).toEqual([2, 2.5, 7]);
    expect(median([])).toBeNaN();
  });

  it('have percentiles that were measured', () => {
    const hundred = Array.from({ length: 100 }, (_, index) => 100 - index);
    expect(percentiles(hundred)).toEqual({ count: 100, p50: 50, p90: 90, p95: 95, p99: 99, max: 100 });
    expect(percentiles([5])).toEqual({ count: 1, p50: 5, p90: 5, p95: 5, p99: 5, max: 5 });
    expect(percentiles([]).p99).toBeNaN();
  });

  it('repeat the same numbers for the same seed', () => {
    const take = (seed: number) => Array.from({ length: 3 }, seededRandom(seed));
    expect(take(7)).toEqual(take(7));
    expect(take(7)).not.toEqual(take(8));
    expect(take(7).every((value) => value >= 0 && value < 1)).toBe(true);
  });

  it('answer as trackers do: p50 80 ms, p99 1 s', () => {
    const { p50, p99, max } = percentiles(Array.from({ length: 100_000 }, logNormal(80, 1_000, seededRandom(1))));
    expect(p50).toBeGreaterThan(78);
    expect(p50).toBeLessThan(82);
    expect(p99).toBeGreaterThan(930);
    expect(p99).toBeLessThan(1_070);
    expect(max).toBeLessThanOrEqual(3_000);
  });
});
