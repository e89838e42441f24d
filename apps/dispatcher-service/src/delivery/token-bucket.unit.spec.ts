import { TokenBucket } from './token-bucket.js';

describe('a rate limit', () => {
  it('gives a tenth of a second’s worth at once, and then so many a second', () => {
    const bucket = new TokenBucket(100, 0);
    expect(bucket.available(0)).toBe(10);
    bucket.take(10);
    expect(bucket.available(0)).toBe(0);
    expect(bucket.waitMs(1, 0)).toBe(10);
    expect(bucket.available(10)).toBe(1);
    expect(bucket.available(50)).toBe(5);
  });

  it.each([0.5, 1, 7, 100, 1_000])('lets through %d a second, whoever asks how often', (perSecond) => {
    const bucket = new TokenBucket(perSecond, 0);
    let taken = 0;
    for (let nowMs = 0; nowMs < 60_000; nowMs += 3) {
      const available = bucket.available(nowMs);
      if (available <= 0) continue;
      bucket.take(available);
      taken += available;
    }
    expect(taken).toBeLessThanOrEqual(60 * perSecond + Math.max(1, perSecond / 10));
    expect(taken).toBeGreaterThanOrEqual(60 * perSecond * 0.99 - 1);
  });

  it('gives one at once where a tenth of a second’s worth is less', () => {
    const bucket = new TokenBucket(2, 0);
    expect(bucket.available(0)).toBe(1);
    bucket.take(1);
    expect(bucket.waitMs(1, 0)).toBe(500);
    expect(bucket.available(499)).toBe(0);
    expect(bucket.available(500)).toBe(1);
    // What is not used is not saved up.
    expect(bucket.available(60_000)).toBe(1);
  });

  it('says how long until it is full for more than it holds', () => {
    const bucket = new TokenBucket(100, 0);
    expect(bucket.waitMs(Infinity, 0)).toBe(0);
    bucket.take(10);
    expect(bucket.waitMs(Infinity, 0)).toBe(100);
  });

  it('makes up for what was taken beyond it', () => {
    const bucket = new TokenBucket(100, 0);
    bucket.take(30);
    expect(bucket.available(100)).toBeLessThanOrEqual(0);
    expect(bucket.waitMs(1, 100)).toBe(110);
    expect(bucket.available(210)).toBe(1);
  });

  it('goes by its new rate from the moment it changes', () => {
    const bucket = new TokenBucket(100, 0);
    bucket.take(10);
    bucket.setRate(10, 50);
    expect(bucket.available(50)).toBe(1);
    bucket.take(1);
    expect(bucket.waitMs(1, 50)).toBe(100);
  });

  it('does not take back what it gave when time stands still or seems to run backwards', () => {
    const bucket = new TokenBucket(10, 1_000);
    bucket.take(1);
    expect(bucket.available(900)).toBe(0);
    expect(bucket.available(1_100)).toBe(1);
  });
});
