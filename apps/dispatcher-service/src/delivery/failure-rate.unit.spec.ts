import { FailureRate } from './failure-rate.js';

const rateOf = () => new FailureRate<string>({ minFailures: 5, minShare: 0.5 });

function failures(rate: FailureRate<string>, count: number, nowMs: number): boolean {
  let isTooMuch = false;
  for (let failed = 0; failed < count; failed++) isTooMuch = rate.failed('a', nowMs);
  return isTooMuch;
}

function successes(rate: FailureRate<string>, count: number, nowMs: number): void {
  for (let succeeded = 0; succeeded < count; succeeded++) rate.succeeded('a', nowMs);
}

describe('a rate of failures', () => {
  it('is too much from so many failures on', () => {
    const rate = rateOf();
    expect(failures(rate, 4, 0)).toBe(false);
    expect(failures(rate, 1, 0)).toBe(true);
  });

  it('is too much only when they are so large a share of all', () => {
    const rate = rateOf();
    failures(rate, 1, 0);
    successes(rate, 6, 0);
    expect(failures(rate, 4, 0)).toBe(false);
    expect(failures(rate, 1, 0)).toBe(true);
  });

  it('keeps every key apart', () => {
    const rate = rateOf();
    failures(rate, 5, 0);
    expect(rate.failed('b', 0)).toBe(false);
  });

  it('weighs the last 10 to 20 seconds', () => {
    const rate = rateOf();
    failures(rate, 4, 0);
    expect(failures(rate, 1, 19_999)).toBe(true);
    const slow = rateOf();
    failures(slow, 4, 0);
    expect(failures(slow, 1, 20_000)).toBe(false);
  });

  it('weighs successes no longer than failures', () => {
    const rate = rateOf();
    failures(rate, 1, 0);
    successes(rate, 1_000, 0);
    expect(failures(rate, 5, 5_000)).toBe(false);
    expect(failures(rate, 5, 30_000)).toBe(true);
  });

  it('knows nothing of a key that works', () => {
    const rate = rateOf();
    // What went well before it first failed does not count: it is lately that matters.
    successes(rate, 1_000, 0);
    expect(failures(rate, 5, 1)).toBe(true);
  });

  it('is forgotten when it is told so', () => {
    const rate = rateOf();
    failures(rate, 4, 0);
    rate.forget('a');
    expect(failures(rate, 4, 0)).toBe(false);
  });

  it('drops keys that have not failed for a while, and no others', () => {
    const rate = rateOf();
    failures(rate, 4, 0);
    rate.sweep(15_000);
    expect(failures(rate, 1, 15_000)).toBe(true);
    rate.sweep(40_000);
    expect(failures(rate, 4, 40_000)).toBe(false);
  });
});
