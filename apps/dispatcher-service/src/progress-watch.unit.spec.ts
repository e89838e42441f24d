import { ProgressWatch, type ProgressSample } from './progress-watch.js';

function watchOf() {
  const clock = { nowMs: 0 };
  const state = { done: 0, waitingFor: null as string | null, work: { 'messages fetched': 0 } satisfies ProgressSample['work'] };
  const stalls: string[] = [];
  const fatals: string[] = [];
  const watch = new ProgressWatch({
    sample: () => ({ ...state, work: { ...state.work } }),
    stalledAfterMs: 60_000,
    onStalled: (detail) => stalls.push(detail),
    onFatal: (error) => fatals.push(error.message),
    monotonic: () => clock.nowMs,
  });
  const pass = (ms: number) => {
    for (let left = ms; left > 0; left -= 5_000) {
      clock.nowMs += Math.min(5_000, left);
      watch.look();
    }
  };
  return { watch, state, stalls, fatals, pass };
}

describe('the watch over progress', () => {
  it('says what stands still when work is due and none is done', () => {
    const { watch, state, stalls, pass } = watchOf();
    state.work['messages fetched'] = 12;
    pass(60_000);
    expect(stalls).toEqual([]);
    pass(5_000);
    expect(stalls).toEqual(['nothing was done for 60 s although there is work: 12 messages fetched']);
    expect(watch.stall).toMatch(/12 messages fetched/);
    pass(30_000);
    expect(stalls).toHaveLength(1);
  });

  it('gives up when it lasts: only a new process helps', () => {
    const { state, fatals, pass } = watchOf();
    state.work['messages fetched'] = 1;
    pass(120_000);
    expect(fatals).toEqual([]);
    pass(5_000);
    expect(fatals).toHaveLength(1);
  });

  it.each([
    ['nothing is due', (state: { work: Record<string, number> }) => (state.work['messages fetched'] = 0)],
    ['something was done', (state: { done: number }) => state.done++],
    ['a dependency is waited for', (state: { waitingFor: string | null }) => (state.waitingFor = 'postgresql')],
  ])('is content where %s', (_, happen) => {
    const { watch, state, stalls, pass } = watchOf();
    for (let round = 0; round < 10; round++) {
      state.work['messages fetched'] = 5;
      pass(30_000);
      happen(state as never);
      pass(5_000);
    }
    expect(stalls).toEqual([]);
    expect(watch.stall).toBeNull();
  });

  it('is content again once something is done', () => {
    const { watch, state, stalls, pass } = watchOf();
    state.work['messages fetched'] = 5;
    pass(70_000);
    state.done++;
    pass(5_000);
    expect(watch.stall).toBeNull();
    pass(65_000);
    expect(stalls).toHaveLength(2);
  });
});
