import { RateLimits } from './rate-limits.js';

function limitsOf(limits: Record<number, number>) {
  const world = { nowMs: 0, members: 1, limits };
  const rates = new RateLimits({
    limitOf: (callbackId) => world.limits[callbackId] ?? null,
    members: () => world.members,
    monotonic: () => world.nowMs,
  });
  /** @returns how many requests it lets begin within so many ms */
  const sendFor = (callbackId: number, ms: number): number => {
    let sent = 0;
    for (const end = world.nowMs + ms; world.nowMs < end; world.nowMs++) while (rates.take(callbackId) === 0) sent++;
    return sent;
  };
  return { rates, world, sendFor };
}

describe('the rate limits of callbacks', () => {
  it('let as many begin as the callback says, and its burst', () => {
    const { sendFor } = limitsOf({ 1: 50 });
    expect(sendFor(1, 10_000)).toBeLessThanOrEqual(505);
    expect(sendFor(1, 10_000)).toBeGreaterThanOrEqual(499);
  });

  it('do not touch callbacks without one', () => {
    const { rates } = limitsOf({ 1: 1 });
    for (let sent = 0; sent < 10_000; sent++) expect(rates.take(2)).toBe(0);
    expect(rates.room(2, 1_000_000, 500)).toBe(Infinity);
    expect([...rates.callbackIds]).toEqual([]);
  });

  it('say in how many ms the next may begin, and take nothing for it', () => {
    const { rates, world } = limitsOf({ 1: 4 });
    expect(rates.take(1)).toBe(0);
    expect(rates.take(1)).toBe(250);
    expect(rates.take(1)).toBe(250);
    world.nowMs = 250;
    expect(rates.take(1)).toBe(0);
  });

  it('are shared by the live dispatchers, as many as there are', () => {
    const { world, sendFor } = limitsOf({ 1: 100 });
    world.members = 4;
    expect(sendFor(1, 10_000)).toBeLessThanOrEqual(253);
    expect(sendFor(1, 10_000)).toBeGreaterThanOrEqual(249);
    world.members = 2;
    expect(sendFor(1, 10_000)).toBeGreaterThanOrEqual(499);
    world.members = 0;
    expect(sendFor(1, 1_000)).toBeLessThanOrEqual(110);
  });

  it('let a dispatcher send now and then whose share is less than one a second', () => {
    const { world, sendFor } = limitsOf({ 1: 1 });
    world.members = 10;
    expect(sendFor(1, 60_000)).toBeGreaterThanOrEqual(6);
    expect(sendFor(1, 60_000)).toBe(6);
  });

  it('follow the callback when it is edited', () => {
    const { world, sendFor } = limitsOf({ 1: 100 });
    sendFor(1, 1_000);
    world.limits = { 1: 10 };
    expect(sendFor(1, 10_000)).toBeLessThanOrEqual(101);
    world.limits = {};
    expect(limitsOf({}).rates.take(1)).toBe(0);
  });

  it('tell how many more may begin soon, besides those that wait', () => {
    const { rates } = limitsOf({ 1: 100 });
    expect(rates.room(1, 0, 500)).toBe(60);
    expect(rates.room(1, 59, 500)).toBe(1);
    expect(rates.room(1, 80, 500)).toBe(0);
  });

  it('forget callbacks that had nothing to send of late, and those without a limit', () => {
    const { rates, world } = limitsOf({ 1: 10, 2: 10 });
    rates.take(1);
    rates.take(2);
    world.limits = { 2: 10 };
    expect([...rates.callbackIds]).toEqual([1, 2]);
    rates.sweep();
    expect([...rates.callbackIds]).toEqual([1, 2]);
    world.nowMs = 1_000;
    rates.sweep();
    expect([...rates.callbackIds]).toEqual([]);
  });
});
