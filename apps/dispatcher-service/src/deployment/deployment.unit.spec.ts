import { pino } from 'pino';
import type pg from 'pg';
import { Holds, type OpenBreaker } from '../delivery/holds.js';
import { Deployment } from './deployment.js';
import type { Look } from './look.js';

const HOST = 'http://a.example:80';
const open = (openings = 1, openUntilMs = 5_000): OpenBreaker => ({
  scope: 'destination',
  key: HOST,
  openedAtMs: 0,
  openUntilMs,
  openings,
  reason: 'connect ECONNREFUSED',
});
const seen = (look: Partial<Look> = {}): Look => ({
  freed: 0,
  nextDueAtMs: null,
  oldestDueAtMs: null,
  overdue: 0,
  others: 0,
  breakers: [],
  pauses: [],
  draining: [],
  redeliveries: 0,
  failing: [],
  ...look,
});

/** PostgreSQL as far as breakers go: answers when it is told to. */
class FakePool {
  readonly written: string[] = [];
  isAway = false;
  #waiting: (() => void)[] = [];

  query({ name, values }: { name: string; values: unknown[] }): Promise<unknown> {
    return new Promise((resolve, reject) => {
      this.#waiting.push(() => {
        if (this.isAway) {
          reject(Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' }));
          return;
        }
        this.written.push(`${name} ${String(values[1])}${name === 'save-breaker' ? ` ${String(values[4])}` : ''}`);
        resolve({ rows: [] });
      });
    });
  }

  async answer(): Promise<void> {
    for (const answer of this.#waiting.splice(0)) answer();
    await new Promise((resolve) => setImmediate(resolve));
  }
}

function deploymentOf() {
  const pool = new FakePool();
  const holds = new Holds();
  const clock = { nowMs: 1_000 };
  const opened: string[] = [];
  const closed: string[] = [];
  const due: number[] = [];
  const fatals: unknown[] = [];
  const deployment = new Deployment({
    pool: pool as unknown as pg.Pool,
    holds,
    logger: pino({ level: 'silent' }),
    onOpened: ({ key }) => opened.push(key),
    onClosed: (_, key) => closed.push(key),
    onSaved: (dueAtMs) => due.push(dueAtMs),
    onFatal: (error) => fatals.push(error),
    now: () => clock.nowMs,
    monotonic: () => clock.nowMs,
  });
  const change = (breaker: OpenBreaker | null) => {
    if (breaker === null) holds.deleteBreaker('destination', HOST);
    else holds.setBreaker(breaker);
    deployment.share('destination', HOST, breaker);
  };
  return { pool, holds, clock, opened, closed, due, fatals, deployment, change };
}

describe('what a dispatcher shares', () => {
  it('is written at once, of several changes of one breaker the first under way and the last', async () => {
    const { pool, change } = deploymentOf();
    change(open(1));
    change(open(2));
    change(open(3));
    await pool.answer();
    await pool.answer();
    await pool.answer();
    expect(pool.written).toEqual([`save-breaker ${HOST} 1`, `save-breaker ${HOST} 3`]);
  });

  it('lets what waits be claimed only once PostgreSQL knows that nothing is in its way', async () => {
    const { pool, change, due } = deploymentOf();
    change(open());
    await pool.answer();
    expect(due).toEqual([5_000]);
    change(null);
    expect(due).toEqual([5_000]);
    await pool.answer();
    expect(due).toEqual([5_000, 1_000]);
  });

  it('is written later where PostgreSQL is away, and stands here meanwhile', async () => {
    const { pool, change, deployment, holds, fatals, clock } = deploymentOf();
    pool.isAway = true;
    change(open());
    await pool.answer();
    expect(pool.written).toEqual([]);
    pool.isAway = false;
    clock.nowMs = 60_000;
    deployment.adopt(seen(), clock.nowMs);
    expect(holds.destinationBreakers.has(HOST)).toBe(true);
    const saved = deployment.save();
    await pool.answer();
    await saved;
    expect(pool.written).toEqual([`save-breaker ${HOST} 1`]);
    expect(fatals).toEqual([]);
  });

  it('stands against a look that began before it was written, and gives way to a later one', async () => {
    const { pool, change, deployment, holds, clock, closed } = deploymentOf();
    change(open());
    await pool.answer();
    deployment.adopt(seen(), 999);
    expect(holds.destinationBreakers.has(HOST)).toBe(true);
    clock.nowMs = 2_000;
    deployment.adopt(seen(), 1_500);
    expect(holds.destinationBreakers.has(HOST)).toBe(false);
    expect(closed).toEqual([HOST]);
  });

  it('that it closed is not opened again by a look that began before', async () => {
    const { pool, change, deployment, holds, clock } = deploymentOf();
    deployment.adopt(seen({ breakers: [open()] }), 1_000);
    expect(holds.destinationBreakers.get(HOST)).toEqual(open());
    clock.nowMs = 2_000;
    change(null);
    await pool.answer();
    deployment.adopt(seen({ breakers: [open()] }), 1_999);
    expect(holds.destinationBreakers.has(HOST)).toBe(false);
    deployment.adopt(seen({ breakers: [open(2)] }), 2_001);
    expect(holds.destinationBreakers.get(HOST)).toEqual(open(2));
  });

  it('is told once of what another found broken, and not of what it found itself', async () => {
    const { pool, change, deployment, opened, clock, holds } = deploymentOf();
    deployment.adopt(seen({ breakers: [open(1)] }), 1_000);
    deployment.adopt(seen({ breakers: [open(2)] }), 2_000);
    expect(opened).toEqual([HOST]);
    expect(holds.destinationBreakers.get(HOST)).toEqual(open(2));
    deployment.adopt(seen(), 3_000);
    clock.nowMs = 4_000;
    change(open(1));
    await pool.answer();
    deployment.adopt(seen({ breakers: [open(1)] }), 5_000);
    expect(opened).toEqual([HOST]);
  });

  it('takes in what a look saw of the others, of pauses and of backlogs', () => {
    const { deployment, holds } = deploymentOf();
    expect(deployment.members).toBe(1);
    deployment.adopt(seen({ others: 2, draining: [7], pauses: [{ scope: 'callback', key: '9' }] }), 1_000);
    expect(deployment.members).toBe(3);
    expect(holds.of(7, HOST, 1)).toBe('draining');
    expect(holds.of(9, HOST, 1)).toBe('paused');
    deployment.adopt(seen(), 2_000);
    expect(deployment.members).toBe(1);
    expect([holds.of(7, HOST, 1), holds.of(9, HOST, 1)]).toEqual([null, null]);
  });

  it('is fatal where PostgreSQL refuses it for good', async () => {
    const { deployment, fatals } = deploymentOf();
    const refused = new Deployment({
      pool: { query: () => Promise.reject(new TypeError('a bug')) } as unknown as pg.Pool,
      holds: new Holds(),
      logger: pino({ level: 'silent' }),
      onOpened: () => undefined,
      onClosed: () => undefined,
      onSaved: () => undefined,
      onFatal: (error) => fatals.push(error),
      now: () => 0,
      monotonic: () => 0,
    });
    refused.share('destination', HOST, null);
    await refused.save();
    await new Promise((resolve) => setImmediate(resolve));
    expect(fatals[0]).toBeInstanceOf(TypeError);
    expect(deployment.members).toBe(1);
  });
});
