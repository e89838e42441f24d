import fc from 'fast-check';
import { bucketOf, Histogram, MAX_RELATIVE_ERROR, pushBucket, timeOf } from './histogram.js';

const times = fc.array(fc.double({ min: 0.1, max: 40 * 86_400_000, noNaN: true }), { maxLength: 200 });

function bytesOf(timesMs: readonly number[]): Buffer {
  const bytes: number[] = [];
  for (const ms of timesMs) pushBucket(bytes, bucketOf(ms));
  return Buffer.from(bytes);
}
const sumOf = (...parts: Uint8Array[]) => parts.reduce((sum, part) => sum.add(part), new Histogram());

describe('a histogram', () => {
  it('tells any percentile within 4.8 % of the true one', () => {
    expect(MAX_RELATIVE_ERROR).toBeLessThan(0.048);
    fc.assert(
      fc.property(times, fc.constantFrom(0, 0.01, 0.5, 0.9, 0.99, 1), (timesMs, share) => {
        const told = sumOf(bytesOf(timesMs)).percentile(share);
        if (timesMs.length === 0) return told === null;
        const sorted = timesMs.toSorted((a, b) => a - b);
        const truth = sorted[Math.max(1, Math.ceil(share * sorted.length)) - 1]!;
        return Math.abs(told! - truth) <= truth * (MAX_RELATIVE_ERROR + 1e-9);
      }),
    );
  });

  it('is merged in any order and grouping, and by putting bytes one after the other', () => {
    fc.assert(
      fc.property(times, times, times, (a, b, c) => {
        const [x, y, z] = [bytesOf(a), bytesOf(b), bytesOf(c)];
        const all = sumOf(bytesOf([...a, ...b, ...c])).toBytes();
        expect(sumOf(sumOf(x, y).toBytes(), z).toBytes()).toEqual(all);
        expect(sumOf(x, sumOf(y, z).toBytes()).toBytes()).toEqual(all);
        expect(sumOf(z, x, y).toBytes()).toEqual(all);
        expect(sumOf(Buffer.concat([y, z, x])).toBytes()).toEqual(all);
        expect(sumOf(all).count).toBe(a.length + b.length + c.length);
      }),
    );
  });

  it('counts what is beyond its ends in the first or the last bucket', () => {
    expect([-5, 0, NaN, 0.1].map(bucketOf)).toEqual([0, 0, 0, 0]);
    expect(bucketOf(Infinity)).toBe(255);
    expect(timeOf(255)).toBeGreaterThan(39 * 86_400_000);
  });

  it('of millions of equal times stays a few bytes', () => {
    const one = bytesOf([80]);
    let bytes: Buffer = one;
    for (let doubling = 0; doubling < 32; doubling++) bytes = sumOf(bytes, bytes).toBytes();
    expect(bytes.length).toBe(6);
    expect(sumOf(bytes).count).toBe(2 ** 32);
  });

  it('refuses bytes that end within a pair', () => {
    expect(() => new Histogram().add(Buffer.from([7]))).toThrow(RangeError);
    expect(() => new Histogram().add(Buffer.from([7, 0x80]))).toThrow(RangeError);
  });
});
