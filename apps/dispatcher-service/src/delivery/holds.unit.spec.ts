import { Holds, type OpenBreaker } from './holds.js';

const A = 'https://a.example:443';
const B = 'https://b.example:443';
const open = (scope: OpenBreaker['scope'], key: string): OpenBreaker => ({
  scope,
  key,
  openedAtMs: 0,
  openUntilMs: 5_000,
  openings: 1,
  reason: 'answered 503',
});

describe('what holds deliveries', () => {
  it('is nothing at first', () => {
    const holds = new Holds();
    expect(holds.of(1, A, 7)).toBeNull();
    expect(holds.ofParked(1, A, 7)).toBeNull();
    expect(holds.isPaused(1, A, 7)).toBe(false);
  });

  it.each([
    { pause: { scope: 'all', key: '' }, held: [true, true, true, true] },
    { pause: { scope: 'destination', key: A }, held: [true, true, true, false] },
    { pause: { scope: 'affiliate', key: '7' }, held: [true, true, false, true] },
    { pause: { scope: 'callback', key: '1' }, held: [true, false, false, false] },
  ] as const)('is a pause of $pause.scope $pause.key for what it names, and for nothing else', ({ pause, held }) => {
    const holds = new Holds();
    holds.setPauses([pause]);
    const asked: [callbackId: number, destination: string, affiliateId: number][] = [
      [1, A, 7],
      [2, A, 7],
      [3, A, 8],
      [4, B, 7],
    ];
    expect(asked.map(([callbackId, destination, affiliateId]) => holds.isPaused(callbackId, destination, affiliateId))).toEqual(held);
    expect(asked.map((delivery) => holds.of(...delivery) === 'paused')).toEqual(held);
    expect(asked.map((delivery) => holds.ofParked(...delivery) === 'paused')).toEqual(held);
    holds.setPauses([]);
    expect(asked.every((delivery) => holds.of(...delivery) === null)).toBe(true);
  });

  it('takes no id for that of another scope', () => {
    const holds = new Holds();
    holds.setPauses([{ scope: 'affiliate', key: '1' }]);
    expect(holds.of(1, A, 7)).toBeNull();
  });

  it('is a breaker that is open, of the destination or of the callback', () => {
    const holds = new Holds();
    holds.setBreaker(open('destination', A));
    holds.setBreaker(open('callback', '2'));
    expect(holds.of(1, A, 7)).toBe('destination-breaker');
    expect(holds.of(2, B, 7)).toBe('callback-breaker');
    expect(holds.of(3, B, 7)).toBeNull();
    expect([...holds.breakers()].map(({ key }) => key)).toEqual([A, '2']);
    expect(holds.deleteBreaker('destination', A)).toBe(true);
    expect(holds.deleteBreaker('destination', A)).toBe(false);
    expect(holds.of(1, A, 7)).toBeNull();
  });

  it('is a backlog for what is new, and not for the backlog', () => {
    const holds = new Holds();
    holds.draining.add(1);
    expect(holds.of(1, A, 7)).toBe('draining');
    expect(holds.ofParked(1, A, 7)).toBeNull();
    expect(holds.of(2, A, 7)).toBeNull();
  });
});
