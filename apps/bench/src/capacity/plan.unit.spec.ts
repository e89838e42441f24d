import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { WORKSPACE } from '@ringback/testbed';
import { readFigures, type Figures } from './figures.js';
import { ASSUMED, planFor } from './plan.js';
import { bytes, planTable } from './plan-table.js';

const figures: Figures = {
  dispatcherCpuMs: 100,
  conversionsCpuMs: 50,
  gatewayCpuMs: 5,
  postgresCpuMs: 80,
  kafkaCpuMs: 20,
  logBytes: 500,
};

describe('the capacity plan', () => {
  it('is computed from CPU per delivery, at half of a core', () => {
    expect(planFor(10_000, figures)).toMatchObject({
      dispatchers: 2,
      conversionsServices: 2,
      postgresCores: 2,
      requestsInFlight: 1_500,
      partitions: 12,
      logBytesADay: 10_000 * 86_400 * 0.4 * 500,
    });
    // 100,000 × 0.1 ms = 10 cores, half busy: 20 processes, two partitions each.
    expect(planFor(100_000, figures)).toMatchObject({ dispatchers: 20, partitions: 48, postgresCores: 16, kafkaCores: 12 });
  });

  it('has as many dispatchers as slow receivers keep requests under way', () => {
    expect(planFor(10_000, figures, { ...ASSUMED, answerMs: 10_000 }).dispatchers).toBe(25);
  });

  it('shares the cost of an event among its deliveries', () => {
    const shared = planFor(100_000, figures, { ...ASSUMED, callbacksPerEvent: 10 });
    expect(shared).toMatchObject({ eventsPerSecond: 10_000, conversionsServices: 2, dispatchers: 20 });
    expect(shared.ledgerBytesADay * 10).toBe(planFor(100_000, figures).ledgerBytesADay);
  });

  it('says what gives way first, and at which rate', () => {
    const { limits } = planFor(1_000, figures);
    expect(limits.map(({ at }) => at)).toEqual([10_000, 25_000, 60_000, 400_000]);
    expect(limits[0]!.what).toContain('two dispatchers');
  });

  it('reads its figures from docs/performance.md, and names one that is missing', () => {
    const read = readFigures(readFileSync(join(WORKSPACE, 'docs', 'performance.md'), 'utf8'));
    for (const value of Object.values(read)) expect(value).toBeGreaterThan(0);
    expect(read.logBytes).toBeGreaterThan(100);
    expect(() => readFigures('')).toThrow(/no "of it dispatcher-service" under end-to-end: run `npm run bench -- end-to-end`/);
  });

  it('is shown as a table', () => {
    expect(planTable([planFor(1_000, figures), planFor(10_000, figures)])).toContain(
      '| delivery log, a day              | 17.3 GB | 173 GB  |',
    );
    expect([bytes(999), bytes(1_000), bytes(1.5e12)]).toEqual(['999 B', '1 KB', '1.5 TB']);
  });
});
