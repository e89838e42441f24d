import { MAX_COUNTED, waitingPageSchema, type Lag, type WaitingPage } from '@ringback/contracts';
import { inTransaction } from '@ringback/service-runtime';
import { HeldClock } from '@ringback/testbed';
import { ApiUnderTest } from '../testing/api-under-test.js';
import { parkRows, type ParkedRows } from '../testing/parked-rows.js';
import { BY_INDEX_ONLY, findWaitingSql } from './find-waiting.js';
import { WaitingController } from './waiting.controller.js';
import { WaitingReadModel } from './waiting.read-model.js';

const A = 'http://a.example:80';
const B = 'https://b.example:443';
const NOW = Date.parse('2026-03-01T12:00:00.000Z');
const at = (inMs: number) => new Date(NOW + inMs).toISOString();

describe('the API of what waits', () => {
  let api: ApiUnderTest;
  let lag: Lag | null = null;
  const disabled = new Set<number>();
  const limits = new Map<number, number>();
  const clock = new HeldClock(NOW);

  beforeAll(async () => {
    api = await ApiUnderTest.start(WaitingController, (pool) => [
      {
        provide: WaitingReadModel,
        useValue: new WaitingReadModel({
          pool,
          lag: { read: async () => lag },
          callbacksOf: (offerIds) => offerIds.map((id) => id * 10),
          callback: (id) => ({ isDisabled: disabled.has(id), maxPerSecond: limits.get(id) ?? null }),
          now: clock.now,
        }),
      },
    ]);
  });
  afterAll(() => api.stop());
  beforeEach(async () => {
    await api.pool.query('truncate dispatcher.parked, dispatcher.parked_queue, dispatcher.pause, dispatcher.breaker');
    disabled.clear();
    limits.clear();
    lag = null;
  });

  const park = (rows: Partial<ParkedRows> & Pick<ParkedRows, 'callbackId'>) => parkRows(api.pool, { count: 1, dueAtMs: NOW, ...rows });
  const page = async (query = ''): Promise<WaitingPage> => {
    const { status, body } = await api.call('GET', `/v1/waiting${query}`);
    expect({ status, body }).toMatchObject({ status: 200 });
    return waitingPageSchema.parse(body);
  };
  const breakerOn = (scope: 'destination' | 'callback', key: string, openUntilMs: number) =>
    api.pool.query(
      `insert into dispatcher.breaker (scope, key, opened_at, open_until, openings, reason)
       values ($1, $2, $3, $4, 2, 'answered 503')`,
      [scope, key, at(-60_000), new Date(openUntilMs)],
    );
  const pause = (scope: string, key: string) =>
    api.pool.query(
      `insert into dispatcher.pause (scope, key, reason, created_by, created_at) values ($1, $2, 'maintenance', 'ada@example.com', $3)`,
      [scope, key, at(-1_000)],
    );

  it('is nothing where nothing is parked', async () => {
    expect(await page()).toEqual({ lag: null, items: [], nextCursor: null });
  });

  it('is told per destination, over all its callbacks', async () => {
    await park({ callbackId: 1, count: 3, dueAtMs: NOW - 5_000 });
    await park({ callbackId: 2, count: 2, dueAtMs: NOW + 7_000 });
    await park({ callbackId: 3, count: 1, dueAtMs: NOW + 9_000, destination: B });
    expect((await page()).items).toEqual([
      {
        destination: A,
        callbackId: null,
        callbacks: 2,
        parked: 5,
        parkedIsCapped: false,
        due: 3,
        beingSent: 0,
        oldestDueAt: at(-5_000),
        nextDueAt: at(7_000),
        breaker: null,
        pause: null,
        draining: false,
        disabled: false,
        waitsFor: `its turn, due since ${at(-5_000)}`,
      },
      expect.objectContaining({ destination: B, parked: 1, due: 0, oldestDueAt: null, waitsFor: `retry at ${at(9_000)}` }),
    ]);
  });

  it('is told per callback where one, or a destination, is named', async () => {
    await park({ callbackId: 1 });
    await park({ callbackId: 2, dueAtMs: NOW + 1_000 });
    await park({ callbackId: 3, destination: B });
    expect((await page(`?destination=${encodeURIComponent('http://A.example')}`)).items).toMatchObject([
      { destination: A, callbackId: 1, callbacks: 1, due: 1 },
      { destination: A, callbackId: 2, callbacks: 1, due: 0 },
    ]);
    expect((await page('?callbackId=3')).items).toMatchObject([{ destination: B, callbackId: 3, parked: 1 }]);
    expect((await page('?callbackId=3,4,1')).items).toMatchObject([{ callbackId: 1 }, { callbackId: 3 }]);
    expect((await page(`?callbackId=3&destination=${encodeURIComponent(A)}`)).items).toEqual([]);
    expect((await page('?callbackId=4')).items).toEqual([]);
  });

  it('is only what callbacks of their own offers wait for, to who is limited to some', async () => {
    await park({ callbackId: 10 });
    await park({ callbackId: 20 });
    const seen = async (query: string) =>
      waitingPageSchema.parse((await api.call('GET', `/v1/waiting${query}`, undefined, 'key', [1])).body).items;
    expect(await seen('')).toMatchObject([{ callbacks: 1, parked: 1 }]);
    expect(await seen('?callbackId=10')).toMatchObject([{ callbackId: 10 }]);
    expect(await seen('?callbackId=20')).toEqual([]);
  });

  it('is due by the clock of the dispatchers', async () => {
    await park({ callbackId: 1, dueAtMs: NOW + 1_000 });
    expect((await page()).items).toMatchObject([{ due: 0, nextDueAt: at(1_000) }]);
    clock.advance(1_000);
    expect((await page()).items).toMatchObject([{ due: 1, oldestDueAt: at(1_000), nextDueAt: null }]);
    clock.set(NOW);
  });

  it('is not due any more while it is being sent, and not forgotten either', async () => {
    await park({ callbackId: 1, count: 3, leased: 2 });
    await park({ callbackId: 2, count: 2, leased: 2, destination: B, dueAtMs: NOW - 1 });
    expect((await page()).items).toMatchObject([
      { parked: 3, due: 0, beingSent: 2, waitsFor: 'being sent' },
      { parked: 2, due: 0, beingSent: 2, oldestDueAt: null, nextDueAt: null, waitsFor: 'being sent' },
    ]);
    clock.advance(2);
    expect((await page()).items[0]).toMatchObject({ parked: 3, due: 1, beingSent: 2, oldestDueAt: at(2) });
    clock.set(NOW);
  });

  it('is nothing for a callback whose queue outlived its last delivery', async () => {
    await park({ callbackId: 1, count: 0 });
    await park({ callbackId: 2, destination: B });
    await api.pool.query('delete from dispatcher.parked');
    expect((await page()).items).toEqual([]);
  });

  it('shows the breaker that holds it', async () => {
    await park({ callbackId: 1 });
    await park({ callbackId: 2, destination: B });
    await breakerOn('destination', A, NOW + 30_000);
    await breakerOn('callback', '2', NOW - 1);
    expect((await page()).items).toMatchObject([
      {
        breaker: { scope: 'destination', openedAt: at(-60_000), openUntil: at(30_000), openings: 2, reason: 'answered 503' },
        waitsFor: `destination breaker until ${at(30_000)}: answered 503`,
      },
      { breaker: { scope: 'callback' }, waitsFor: 'callback breaker about to be tried: answered 503' },
    ]);
  });

  it.each([
    ['all', '', 'paused by ada@example.com (all deliveries): maintenance'],
    ['destination', A, 'paused by ada@example.com: maintenance'],
    ['affiliate', '7', 'paused by ada@example.com (its affiliate): maintenance'],
    ['callback', '1', 'paused by ada@example.com: maintenance'],
  ])('shows the pause of %s that holds it, and who made it', async (scope, key, words) => {
    await park({ callbackId: 1, affiliateId: 7 });
    await pause(scope, key);
    expect((await page()).items).toMatchObject([
      { pause: { scope, reason: 'maintenance', createdBy: 'ada@example.com', createdAt: at(-1_000) }, waitsFor: words },
    ]);
  });

  it('tells of a destination how many of its callbacks are held, and of each what holds it', async () => {
    for (const callbackId of [1, 2, 3, 4]) await park({ callbackId, affiliateId: callbackId });
    await pause('callback', '1');
    await pause('affiliate', '2');
    await breakerOn('callback', '3', NOW + 5_000);
    disabled.add(4);
    const [destination] = (await page()).items;
    expect(destination).toMatchObject({ breaker: null, pause: null, disabled: false });
    expect(destination!.waitsFor).toBe('of its 4 callbacks 2 paused, 1 behind a breaker of their own, 1 disabled');
    expect((await page(`?destination=${encodeURIComponent(A)}`)).items.map(({ waitsFor }) => waitsFor)).toEqual([
      'paused by ada@example.com: maintenance',
      'paused by ada@example.com (its affiliate): maintenance',
      `callback breaker until ${at(5_000)}: answered 503`,
      'callback disabled',
    ]);
  });

  it('tells that a backlog goes out at its rate', async () => {
    await park({ callbackId: 1, count: 5, dueAtMs: NOW - 1_000, leased: 2, draining: true });
    expect((await page()).items).toMatchObject([
      { draining: true, due: 3, beingSent: 2, waitsFor: `its backlog goes out at a bounded rate, due since ${at(-998)}` },
    ]);
  });

  it('tells of a callback that its rate is limited, or that it waits for earlier deliveries', async () => {
    limits.set(1, 5);
    await park({ callbackId: 1 });
    await park({ callbackId: 2, count: 2 });
    await api.pool.query(`update dispatcher.parked_queue set next_due_at = 'infinity' where callback_id = 2`);
    expect((await page(`?destination=${encodeURIComponent(A)}`)).items.map(({ waitsFor }) => waitsFor)).toEqual([
      `its limit of 5 a second, due since ${at(0)}`,
      `earlier deliveries of the same conversions, of which one is tried at ${at(1)}`,
    ]);
  });

  it('comes page by page, of destinations and of callbacks', async () => {
    for (let id = 1; id <= 5; id++) await park({ callbackId: id, destination: `http://h${id}.example:80` });
    const first = await page('?limit=3');
    const rest = await page(`?limit=3&cursor=${first.nextCursor}`);
    expect([...first.items, ...rest.items].map(({ destination }) => destination)).toEqual(
      [1, 2, 3, 4, 5].map((id) => `http://h${id}.example:80`),
    );
    expect([first.items.length, rest.nextCursor]).toEqual([3, null]);

    for (let id = 6; id <= 10; id++) await park({ callbackId: id });
    const query = `?destination=${encodeURIComponent(A)}&limit=3`;
    const callbacks = await page(query);
    const more = await page(`${query}&cursor=${callbacks.nextCursor}`);
    expect([...callbacks.items, ...more.items].map(({ callbackId }) => callbackId)).toEqual([6, 7, 8, 9, 10]);
    expect(await api.call('GET', `/v1/waiting?cursor=${callbacks.nextCursor}`)).toMatchObject({
      status: 422,
      body: { errors: [{ path: 'cursor' }] },
    });
  });

  it('refuses what names no destination', async () => {
    expect(await api.call('GET', '/v1/waiting?destination=a.example')).toMatchObject({
      status: 422,
      body: { errors: [{ path: 'destination', message: expect.stringContaining('such as') }] },
    });
  });

  it('comes with the lag', async () => {
    lag = { events: 3, partitions: [{ partition: 0, nextOffset: 4, endOffset: 7, owner: null }] };
    expect((await page()).lag).toEqual(lag);
  });

  describe('with a backlog of one dead destination', () => {
    beforeEach(async () => {
      for (let id = 2; id <= 40; id++) await park({ callbackId: id, count: 5, destination: `http://h${id}.example:80` });
      await park({ callbackId: 1, count: 30_000, dueAtMs: NOW - 60_000, leased: 10 });
    });

    it('is counted so far and no further', async () => {
      expect((await page()).items[0]).toMatchObject({
        destination: A,
        parked: MAX_COUNTED,
        parkedIsCapped: true,
        due: MAX_COUNTED,
        beingSent: 10,
      });
      expect((await page('?callbackId=1')).items).toMatchObject([{ parked: MAX_COUNTED, parkedIsCapped: true }]);
      expect((await page('?callbackId=2')).items).toMatchObject([{ parked: 5, parkedIsCapped: false }]);
    });

    it.each([
      ['per destination', 'destination', [null, null, null]],
      ['per callback of the destination', 'callback', [null, A, null]],
      ['of the callbacks', 'callback', [[1, 2], null, null]],
    ] as const)('is read by the index and never by a scan, %s, with statistics and without', async (_, by, filter) => {
      const scans = () =>
        inTransaction(api.pool, async (client) => {
          await client.query(BY_INDEX_ONLY);
          const { rows } = await client.query<{ 'QUERY PLAN': { Plan: PlanNode }[] }>(
            `explain (analyze, format json) ${findWaitingSql(by)}`,
            [...filter, NOW, 51, null],
          );
          return nodes(rows[0]!['QUERY PLAN'][0]!.Plan).filter((node) => node['Relation Name'] === 'parked');
        });
      for (const statement of ['select 1', 'vacuum analyze dispatcher.parked']) {
        await api.pool.query(statement);
        const used = await scans();
        expect(used.length).toBeGreaterThanOrEqual(5);
        for (const node of used) expect(node['Node Type']).toMatch(/^Index (Only )?Scan( Backward)?$/);
        // Never more than what is counted, per item and per count.
        expect(Math.max(...used.map((node) => node['Actual Rows']))).toBeLessThanOrEqual(MAX_COUNTED + 1);
      }
    });
  });
});

interface PlanNode {
  readonly 'Node Type': string;
  readonly 'Relation Name'?: string;
  readonly 'Actual Rows': number;
  readonly Plans?: readonly PlanNode[];
}

function nodes(plan: PlanNode): PlanNode[] {
  return [plan, ...(plan.Plans ?? []).flatMap(nodes)];
}
