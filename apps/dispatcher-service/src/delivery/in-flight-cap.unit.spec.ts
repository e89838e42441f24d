import { InFlightCap } from './in-flight-cap.js';

const MAX = 512;

/** A round of answers of `ms` each, while the cap is what limits. @returns when it ends */
function busyRound(cap: InFlightCap, ms: number, max = MAX, beganAt = 0): number {
  cap.noteFull();
  for (let left = cap.within(max); left > 0; left--) cap.noteAnswer(beganAt, beganAt + ms, max);
  return beganAt + ms;
}

/** A round in which at most `underWay` requests are under way at a time. @returns the cap after it */
function quietRound(cap: InFlightCap, underWay: number): number {
  for (let left = cap.within(MAX); left > 0; left--) {
    cap.noteStart(underWay);
    cap.noteAnswer(0, 100, MAX);
  }
  return cap.within(MAX);
}

describe('the cap of a destination', () => {
  it('doubles each round at first, up to its maximum', () => {
    const cap = new InFlightCap();
    const caps = Array.from({ length: 7 }, () => {
      busyRound(cap, 100);
      return cap.within(MAX);
    });
    expect(caps).toEqual([32, 64, 128, 256, 512, 512, 512]);
  });

  it('stays where it is while something else limits', () => {
    const cap = new InFlightCap();
    for (let answers = 0; answers < 1_000; answers++) cap.noteAnswer(0, 100, MAX);
    expect(cap.within(MAX)).toBe(16);
  });

  it('grows no more while answers take longer than the least of late, and by a tenth a round once its slow start is over', () => {
    const cap = new InFlightCap();
    busyRound(cap, 100);
    for (let round = 0; round < 3; round++) busyRound(cap, 200);
    expect(cap.within(MAX)).toBe(32);
    busyRound(cap, 100);
    expect(cap.within(MAX)).toBe(35);
  });

  it('takes a single slow round for what it is', () => {
    const cap = new InFlightCap();
    busyRound(cap, 100);
    busyRound(cap, 200);
    busyRound(cap, 100);
    expect(cap.within(MAX)).toBe(64);
  });

  it('is given up by half a round while no more than half of it is used, down to where it began', () => {
    const cap = new InFlightCap();
    for (let round = 0; round < 3; round++) busyRound(cap, 100);
    expect(cap.within(MAX)).toBe(128);
    expect([65, 64, 33, 32, 2, 2].map((underWay) => quietRound(cap, underWay))).toEqual([128, 64, 64, 32, 16, 16]);
  });

  it('doubles again when it is used, up to what it was before, although answers take longer by now', () => {
    const cap = new InFlightCap();
    for (let round = 0; round < 3; round++) busyRound(cap, 100);
    for (let round = 0; round < 3; round++) quietRound(cap, 2);
    const caps = Array.from({ length: 4 }, () => {
      busyRound(cap, 1_000);
      return cap.within(MAX);
    });
    expect(caps).toEqual([32, 64, 128, 128]);
  });

  it('does not double to what it was before a sign of strain', () => {
    const cap = new InFlightCap();
    for (let round = 0; round < 3; round++) busyRound(cap, 100);
    for (let round = 0; round < 3; round++) quietRound(cap, 2);
    cap.noteStrain(1_000, 2_000, MAX);
    expect(cap.within(MAX)).toBe(8);
    busyRound(cap, 100);
    expect(cap.within(MAX)).toBe(9);
  });

  it('goes on growing when what was slow has been usual for two minutes, however many rounds that was', () => {
    const cap = new InFlightCap();
    let nowMs = busyRound(cap, 1);
    while (nowMs < 59_000) nowMs = busyRound(cap, 5, MAX, nowMs);
    expect(cap.within(MAX)).toBe(32);
    while (nowMs < 130_000) nowMs = busyRound(cap, 5, MAX, nowMs);
    expect(cap.within(MAX)).toBeGreaterThan(40);
  });

  it('is halved by a sign of strain, once for all requests that were under way', () => {
    const cap = new InFlightCap();
    for (let round = 0; round < 4; round++) busyRound(cap, 100);
    expect(cap.within(MAX)).toBe(256);
    for (let late = 0; late < 200; late++) cap.noteStrain(1_000, 2_000 + late, MAX);
    expect(cap.within(MAX)).toBe(128);
    cap.noteStrain(2_001, 3_000, MAX);
    expect(cap.within(MAX)).toBe(64);
  });

  it('grows by a tenth a round after it was halved, and not by double', () => {
    const cap = new InFlightCap();
    for (let round = 0; round < 4; round++) busyRound(cap, 100);
    cap.noteStrain(1_000, 2_000, MAX);
    busyRound(cap, 100);
    expect(cap.within(MAX)).toBe(140);
  });

  it('is never below 1, nor above its maximum', () => {
    const cap = new InFlightCap();
    for (let strain = 0; strain < 100; strain++) cap.noteStrain(strain, strain, MAX);
    expect(cap.within(MAX)).toBe(1);
    busyRound(cap, 100);
    expect(cap.within(MAX)).toBe(2);
    expect(cap.within(1)).toBe(1);
    expect(new InFlightCap().within(4)).toBe(4);
    expect(new InFlightCap().within(0)).toBe(1);
  });

  it('is halved from its maximum where that is what limits it', () => {
    const cap = new InFlightCap();
    for (let round = 0; round < 4; round++) busyRound(cap, 100);
    // More dispatchers share the limit now.
    cap.noteStrain(0, 1, 64);
    expect(cap.within(64)).toBe(32);
  });

  it.each([1, 2, 3, 4, 5])('is not brought down by latencies that vary as trackers’ do (run %i)', (seed) => {
    const cap = new InFlightCap();
    const latency = logNormal(seed, 80, 1_000);
    let lowest = Infinity;
    let nowMs = 0;
    for (let answers = 0; answers < 30_000; answers++) {
      cap.noteFull();
      const ms = latency();
      nowMs += ms / cap.within(MAX);
      cap.noteAnswer(nowMs - ms, nowMs, MAX);
      lowest = Math.min(lowest, cap.within(MAX));
    }
    expect(lowest).toBe(16);
    expect(cap.within(MAX)).toBeGreaterThanOrEqual(256);
  });

  it('begins anew when its destination was away and is back', () => {
    const cap = new InFlightCap();
    busyRound(cap, 1);
    for (let strain = 0; strain < 10; strain++) cap.noteStrain(strain, strain, MAX);
    cap.reset(20);
    expect(cap.within(MAX)).toBe(16);
    busyRound(cap, 500);
    // What was sent while it was away ends in time-outs yet.
    cap.noteStrain(19, 25, MAX);
    busyRound(cap, 500);
    expect(cap.within(MAX)).toBe(64);
  });
});

/** @returns ms, log-normal with this median and 99th percentile, the same for the same seed (mulberry32, Box–Muller) */
function logNormal(seed: number, p50: number, p99: number): () => number {
  let state = seed;
  const uniform = (): number => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const sigma = Math.log(p99 / p50) / 2.326;
  return () => p50 * Math.exp(sigma * Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform()));
}
