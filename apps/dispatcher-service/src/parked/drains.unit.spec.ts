import { Drains } from './drains.js';

const A = 'http://a:80';

function drainsOf(perSecond: number) {
  const world = { nowMs: 0, members: 1 };
  return { world, drains: new Drains({ perSecond, members: () => world.members, monotonic: () => world.nowMs }) };
}

describe('a backlog', () => {
  it('drains at a bounded rate, however often it is asked for more', () => {
    const { drains, world } = drainsOf(100);
    let drained = 0;
    for (; world.nowMs < 10_000; world.nowMs += 5) {
      const count = drains.available(A);
      drains.take(A, count);
      drained += Math.max(0, count);
    }
    expect(drained).toBeLessThanOrEqual(1_010);
    expect(drained).toBeGreaterThanOrEqual(990);
  });

  it('of one destination leaves those of others alone', () => {
    const { drains } = drainsOf(100);
    drains.take(A, drains.available(A));
    expect(drains.available('http://b:80')).toBe(10);
    expect(drains.exhausted()).toEqual([A]);
  });

  it('is drained by all live dispatchers together', () => {
    const { drains, world } = drainsOf(100);
    world.members = 5;
    let drained = 0;
    for (; world.nowMs < 10_000; world.nowMs += 5) {
      const count = drains.available(A);
      drains.take(A, count);
      drained += Math.max(0, count);
    }
    expect(drained).toBeLessThanOrEqual(202);
    expect(drained).toBeGreaterThanOrEqual(198);
  });

  it('is joined by what is new only half as fast as it drains, so that it gets smaller', () => {
    const { drains, world } = drainsOf(100);
    let joined = 0;
    let past = 0;
    for (; world.nowMs < 10_000; world.nowMs++)
      if (drains.join(A)) joined++;
      else past++;
    expect(joined).toBeLessThanOrEqual(505);
    expect(joined).toBeGreaterThanOrEqual(495);
    expect(past).toBe(10_000 - joined);
    // Joining takes nothing from what drains.
    expect(drains.available(A)).toBe(10);
  });

  it('makes up for what went out before it was known to be one', () => {
    const { drains, world } = drainsOf(100);
    drains.take(A, 60);
    world.nowMs = 499;
    expect(drains.available(A)).toBeLessThanOrEqual(0);
    expect(drains.exhausted()).toEqual([A]);
    world.nowMs = 560;
    expect(drains.exhausted()).toEqual([]);
  });

  it('is not asked for delivery by delivery', () => {
    const { drains, world } = drainsOf(1_000);
    drains.take(A, 100);
    world.nowMs = 49;
    expect(drains.exhausted()).toEqual([A]);
    world.nowMs = 50;
    expect(drains.exhausted()).toEqual([]);
    expect(drains.available(A)).toBe(50);
  });

  it('is forgotten when it has had its rest', () => {
    const { drains, world } = drainsOf(100);
    drains.take(A, 10);
    drains.join(A);
    world.nowMs = 1_000;
    drains.sweep();
    expect(drains.exhausted()).toEqual([]);
    expect(drains.available(A)).toBe(10);
  });
});
