import { RateLimiter, rateLimitHeaders } from './rate-limiter.js';

describe('a limit of 2 requests a second', () => {
  let nowMs = 0;
  let limiter: RateLimiter;
  beforeEach(() => {
    nowMs = 1_000;
    limiter = new RateLimiter('caller', 2, () => nowMs);
  });
  const take = (times: number, caller = 'a') => Array.from({ length: times }, () => limiter.take(caller)).map(({ allowed }) => allowed);

  it('lets twenty come at once, and then two a second', () => {
    expect(take(21)).toEqual([...Array<boolean>(20).fill(true), false]);
    nowMs += 1_000;
    expect(take(3)).toEqual([true, true, false]);
    nowMs += 3_600_000;
    expect(take(21).filter(Boolean)).toHaveLength(20);
  });

  it('is one for each caller', () => {
    take(21, 'a');
    expect(limiter.take('b').allowed).toBe(true);
  });

  it('says what is left, when it is whole again, and when to come back', () => {
    expect(limiter.take('a')).toEqual({ allowed: true, retryAfterS: 0, policy: '"caller";q=20;w=10', state: '"caller";r=19;t=1' });
    take(19);
    expect(limiter.take('a')).toMatchObject({ allowed: false, retryAfterS: 1, state: '"caller";r=0;t=10' });
    expect(rateLimitHeaders([limiter.take('a'), new RateLimiter('address', 5, () => nowMs).take('b')])).toEqual({
      'ratelimit-policy': '"caller";q=20;w=10, "address";q=50;w=10',
      ratelimit: '"caller";r=0;t=10, "address";r=49;t=1',
    });
    expect(rateLimitHeaders([])).toEqual({});
  });

  it('remembers a bounded number of callers: whoever was silent for longest is forgotten', () => {
    take(21, 'spent');
    for (let caller = 0; caller < 49_999; caller++) limiter.take(`other ${caller}`);
    expect(take(1, 'spent')).toEqual([false]);
    for (let caller = 0; caller < 60_000; caller++) limiter.take(`another ${caller}`);
    expect(limiter.size).toBe(50_000);
    expect(take(1, 'spent')).toEqual([true]);
  });
});
