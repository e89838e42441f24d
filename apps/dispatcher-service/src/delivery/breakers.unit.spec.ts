import { Breakers, type Probe } from './breakers.js';
import { Holds, type BreakerScope, type OpenBreaker } from './holds.js';

const HOST = 'https://tracker.example:443';
const SECOND_MS = 1_000;

function breakersOf(random = () => 0.5) {
  const holds = new Holds();
  const world = { nowMs: 1_000_000, random };
  const shared: { scope: BreakerScope; key: string; breaker: OpenBreaker | null }[] = [];
  const opened: OpenBreaker[] = [];
  const closed: string[] = [];
  const breakers = new Breakers({
    holds,
    share: (scope, key, breaker) => shared.push({ scope, key, breaker }),
    onOpened: (breaker) => opened.push(breaker),
    onClosed: (scope, key) => closed.push(`${scope} ${key}`),
    now: () => world.nowMs,
    monotonic: () => world.nowMs,
    random: () => world.random(),
  });
  const fail = (blame: BreakerScope, count = 1, o: { callbackId?: number; probe?: Probe | null; startedAt?: number } = {}) => {
    const { callbackId = 1, probe = null, startedAt = world.nowMs } = o;
    for (let failed = 0; failed < count; failed++) breakers.failed(HOST, callbackId, blame, 'it failed', startedAt, probe);
  };
  const succeed = (count = 1, o: { callbackId?: number; probe?: Probe | null } = {}) => {
    for (let succeeded = 0; succeeded < count; succeeded++) breakers.succeeded(HOST, o.callbackId ?? 1, o.probe ?? null);
  };
  const waitMs = (scope: BreakerScope, key: string) => holds.breaker(scope, key)!.openUntilMs - world.nowMs;
  return { breakers, holds, world, shared, opened, closed, fail, succeed, waitMs };
}

const OF_HOST: Probe = { scope: 'destination', key: HOST };
const OF_CALLBACK: Probe = { scope: 'callback', key: '1' };

describe('a destination’s breaker', () => {
  it('opens at the fifth failure of late that is its fault, and tells the others why', () => {
    const { holds, fail, shared, opened, world } = breakersOf();
    fail('destination', 4);
    expect(holds.breaker('destination', HOST)).toBeUndefined();
    fail('destination');
    const breaker = {
      scope: 'destination',
      key: HOST,
      openedAtMs: world.nowMs,
      openUntilMs: world.nowMs + 5_000,
      openings: 1,
      reason: 'it failed',
    };
    expect(holds.breaker('destination', HOST)).toEqual(breaker);
    expect(shared).toEqual([{ scope: 'destination', key: HOST, breaker }]);
    expect(opened).toEqual([breaker]);
  });

  it('stays closed while half of the requests are answered, be it with a refusal of single callbacks', () => {
    const { holds, fail, succeed } = breakersOf();
    fail('destination');
    for (let round = 0; round < 100; round++) {
      succeed(1);
      fail('callback', 1, { callbackId: 100 + round });
      fail('destination');
    }
    expect(holds.breaker('destination', HOST)).toBeUndefined();
  });

  it('never opens for what one callback does wrong', () => {
    const { holds, fail } = breakersOf();
    fail('callback', 1_000);
    expect(holds.breaker('destination', HOST)).toBeUndefined();
    expect(holds.breaker('callback', '1')).toBeDefined();
    expect(holds.of(2, HOST, 1)).toBeNull();
  });

  it('closes when a probe is answered, whatever the answer', () => {
    for (const answer of ['2xx', '401'] as const) {
      const { holds, fail, succeed, shared, closed, breakers, world } = breakersOf();
      fail('destination', 5);
      world.nowMs += 5_000;
      if (answer === '2xx') succeed(1, { probe: OF_HOST });
      else fail('callback', 1, { probe: OF_HOST });
      expect(holds.breaker('destination', HOST)).toBeUndefined();
      expect(shared.at(-1)).toEqual({ scope: 'destination', key: HOST, breaker: null });
      expect(closed).toEqual([`destination ${HOST}`]);
      // It has a new start: what failed before is forgotten.
      world.nowMs++;
      breakers.failed(HOST, 2, 'destination', 'again', world.nowMs, null);
      expect(holds.breaker('destination', HOST)).toBeUndefined();
    }
  });

  it('waits twice as long after each probe that fails, up to five minutes', () => {
    const { fail, waitMs, world } = breakersOf();
    fail('destination', 5);
    const waits = [waitMs('destination', HOST)];
    for (let probes = 0; probes < 8; probes++) {
      world.nowMs += waits.at(-1)!;
      fail('destination', 1, { probe: OF_HOST });
      waits.push(waitMs('destination', HOST));
    }
    expect(waits.map((ms) => ms / SECOND_MS)).toEqual([5, 10, 20, 40, 80, 160, 300, 300, 300]);
  });

  it.each([
    { random: 0, seconds: 4 },
    { random: 0.5, seconds: 5 },
    { random: 1 - 2 ** -53, seconds: 6 },
  ])('is probed $seconds s after it opened where chance says $random', ({ random, seconds }) => {
    const { fail, waitMs } = breakersOf(() => random);
    fail('destination', 5);
    expect(waitMs('destination', HOST)).toBe(seconds * SECOND_MS);
  });

  it('is not changed by what was under way when it opened', () => {
    const { holds, fail, succeed, shared, opened } = breakersOf();
    fail('destination', 5);
    const before = holds.breaker('destination', HOST);
    fail('destination', 100);
    succeed(100);
    expect(holds.breaker('destination', HOST)).toBe(before);
    expect(shared).toHaveLength(1);
    expect(opened).toHaveLength(1);
  });

  it('is not opened again by what was sent before it closed and fails after it', () => {
    const { holds, fail, succeed, world } = breakersOf();
    fail('destination', 5);
    const sentAt = world.nowMs;
    world.nowMs += 5_000;
    succeed(1, { probe: OF_HOST });
    world.nowMs += 10_000;
    fail('destination', 100, { startedAt: sentAt });
    expect(holds.breaker('destination', HOST)).toBeUndefined();
    fail('destination', 5);
    expect(holds.breaker('destination', HOST)).toMatchObject({ openings: 1 });
  });

  it('forgets what failed here when another dispatcher found it mended', () => {
    const { holds, breakers, fail, closed, world } = breakersOf();
    fail('destination', 5);
    holds.deleteBreaker('destination', HOST);
    breakers.closedElsewhere('destination', HOST);
    expect(closed).toEqual([`destination ${HOST}`]);
    world.nowMs++;
    fail('destination', 4);
    expect(holds.breaker('destination', HOST)).toBeUndefined();
  });

  it('is not opened by a probe that fails when another has closed it', () => {
    const { holds, fail, world } = breakersOf();
    fail('destination', 5);
    holds.deleteBreaker('destination', HOST);
    world.nowMs += 30_000;
    fail('destination', 1, { probe: OF_HOST });
    expect(holds.breaker('destination', HOST)).toBeUndefined();
  });

  it('may be probed at once by another when its probe was not sent', () => {
    const { breakers, fail, waitMs, shared, world } = breakersOf();
    fail('destination', 5);
    world.nowMs += 5_000;
    breakers.release(OF_HOST);
    expect(waitMs('destination', HOST)).toBe(0);
    expect(shared.at(-1)!.breaker).toMatchObject({ openings: 1, openUntilMs: world.nowMs });
  });
});

describe('a callback’s breaker', () => {
  it('opens at the tenth failure of late where nearly all fail', () => {
    const { holds, fail } = breakersOf();
    fail('callback', 9);
    expect(holds.breaker('callback', '1')).toBeUndefined();
    fail('callback');
    expect(holds.breaker('callback', '1')).toMatchObject({ openings: 1 });
    expect(holds.of(1, HOST, 1)).toBe('callback-breaker');
  });

  it('stays closed while one in ten succeeds: trackers refuse single conversions all day', () => {
    const { holds, fail, succeed } = breakersOf();
    for (let round = 0; round < 100; round++) {
      fail('callback', 1);
      succeed(1);
      fail('callback', 7);
    }
    expect(holds.breaker('callback', '1')).toBeUndefined();
  });

  it('does not open for what the destination does wrong', () => {
    const { holds, fail } = breakersOf();
    fail('destination', 100);
    expect(holds.breaker('callback', '1')).toBeUndefined();
  });

  it('closes when its probe is answered 2xx, and waits longer when it is refused', () => {
    const { holds, fail, succeed, waitMs, world } = breakersOf();
    fail('callback', 10);
    world.nowMs += 5_000;
    fail('callback', 1, { probe: OF_CALLBACK });
    expect(waitMs('callback', '1')).toBe(10_000);
    world.nowMs += 10_000;
    succeed(1, { probe: OF_CALLBACK });
    expect(holds.breaker('callback', '1')).toBeUndefined();
  });

  it('is probed again as late as before when its probe fails by the destination’s fault', () => {
    const { holds, fail, waitMs, world } = breakersOf();
    fail('callback', 10);
    world.nowMs += 5_000;
    fail('callback', 1, { probe: OF_CALLBACK });
    world.nowMs += 10_000;
    fail('destination', 1, { probe: OF_CALLBACK });
    expect(holds.breaker('callback', '1')).toMatchObject({ openings: 2 });
    expect(waitMs('callback', '1')).toBe(10_000);
    expect(holds.breaker('destination', HOST)).toBeUndefined();
  });

  it('stays open when a probe of its destination is answered, be it for this callback', () => {
    const { holds, fail, succeed, world } = breakersOf();
    fail('callback', 10);
    fail('destination', 10);
    world.nowMs += 5_000;
    succeed(1, { probe: OF_HOST });
    expect([...holds.breakers()].map(({ scope }) => scope)).toEqual(['callback']);
  });

  it('closes at once when an admin edits the callback, and what failed before is forgiven', () => {
    const { holds, breakers, fail, shared, closed } = breakersOf();
    fail('callback', 10);
    breakers.forgive(1);
    expect(holds.breaker('callback', '1')).toBeUndefined();
    expect(shared.at(-1)).toEqual({ scope: 'callback', key: '1', breaker: null });
    expect(closed).toEqual(['callback 1']);
    fail('callback', 9);
    expect(holds.breaker('callback', '1')).toBeUndefined();
    breakers.forgive(1);
    expect(closed).toHaveLength(1);
    fail('callback', 9);
    expect(holds.breaker('callback', '1')).toBeUndefined();
  });
});
