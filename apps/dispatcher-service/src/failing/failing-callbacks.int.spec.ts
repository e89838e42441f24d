import { failingCallbackPageSchema, type FailingCallbackPage } from '@ringback/contracts';
import type { CallbackIndex } from '../callback-index/callback-index.js';
import { ApiUnderTest } from '../testing/api-under-test.js';
import { FailingCallbacksController } from './failing-callbacks.controller.js';
import { FailingCallbacksReadModel } from './failing-callbacks.read-model.js';

const NOW = Date.parse('2026-03-05T12:00:00.000Z');
const daysAgo = (days: number) => new Date(NOW - days * 86_400_000).toISOString();

/** A callback as the index knows it today: of the offer that is a tenth of its id. */
interface Latest {
  readonly version: number;
  readonly enabled: boolean;
}

describe('the API of failing callbacks', () => {
  let api: ApiUnderTest;
  const latest = new Map<number, Latest>();

  beforeAll(async () => {
    const index = {
      today: (id: number) => {
        const known = latest.get(id);
        if (known === undefined) return { kind: 'deleted' };
        return {
          kind: known.enabled ? 'live' : 'disabled',
          callback: { id, offerId: Math.floor(id / 10), ...known, affiliateId: 5 },
        };
      },
      callbacksOf: (offerIds: readonly number[]) => [...latest.keys()].filter((id) => offerIds.includes(Math.floor(id / 10))),
    } as unknown as CallbackIndex;
    api = await ApiUnderTest.start(FailingCallbacksController, (pool) => [
      { provide: FailingCallbacksReadModel, useValue: new FailingCallbacksReadModel(pool, index) },
    ]);
  });
  afterAll(() => api.stop());
  beforeEach(async () => {
    await api.pool.query('truncate dispatcher.callback_health');
    latest.clear();
  });

  async function failing(
    id: number,
    days: number,
    { announcedDays = 1, disabledVersion = null as number | null, today = {} as Partial<Latest> } = {},
  ) {
    latest.set(id, { version: 1, enabled: true, ...today });
    await api.pool.query(
      `insert into dispatcher.callback_health
         (callback_id, version, failing_since, failed_attempts, failed_days, last_failed_day, announced_days, disabled_version)
       values ($1, 1, $2, 12, 2, '2026-03-05', $3, $4)`,
      [id, daysAgo(days), announcedDays, disabledVersion],
    );
  }
  async function page(query = '', offerIds: readonly number[] | null = null): Promise<FailingCallbackPage> {
    const { status, body } = await api.call('GET', `/v1/failing-callbacks${query}`, undefined, 'ada@example.com', offerIds);
    expect({ status, body }).toMatchObject({ status: 200 });
    return failingCallbackPageSchema.parse(body);
  }
  const idsOf = ({ items }: FailingCallbackPage) => items.map(({ callbackId }) => callbackId);

  it('tells of those that were announced, the longest first, and when each is given up', async () => {
    await failing(11, 1.5);
    await failing(12, 3.5, { announcedDays: 3 });
    await failing(13, 0.5, { announcedDays: 0 });
    expect(await page()).toEqual({
      items: [
        expect.objectContaining({ callbackId: 12, givenUp: false, failingSince: daysAgo(3.5), disabledAfter: daysAgo(-1.5) }),
        {
          callbackId: 11,
          offerId: 1,
          affiliateId: 5,
          failingSince: daysAgo(1.5),
          failedAttempts: 12,
          givenUp: false,
          disabledAfter: daysAgo(-3.5),
        },
      ],
      nextCursor: null,
    });
  });

  it('tells of those that were given up, before and after they are disabled, until an admin enables them', async () => {
    await failing(11, 6, { disabledVersion: 1 });
    expect((await page()).items).toMatchObject([{ callbackId: 11, givenUp: true, disabledAfter: null }]);
    latest.set(11, { version: 2, enabled: false });
    expect((await page()).items).toMatchObject([{ callbackId: 11, givenUp: true }]);
    latest.set(11, { version: 3, enabled: true });
    expect((await page()).items).toEqual([]);
  });

  it('leaves out what was edited, disabled by hand or deleted since it failed', async () => {
    await failing(11, 2, { today: { version: 2 } });
    await failing(12, 2, { today: { version: 2, enabled: false } });
    await failing(13, 2);
    latest.delete(13);
    expect((await page()).items).toEqual([]);
  });

  it('comes in pages, and only of their own offers to who is limited to some', async () => {
    for (const id of [11, 12, 21, 22, 23]) await failing(id, 2);
    const first = await page('?limit=2');
    const second = await page(`?limit=2&cursor=${first.nextCursor}`);
    const third = await page(`?limit=2&cursor=${second.nextCursor}`);
    expect([first, second, third].map(idsOf)).toEqual([[11, 12], [21, 22], [23]]);
    expect(third.nextCursor).toBeNull();
    expect(idsOf(await page('', [1]))).toEqual([11, 12]);
    expect(idsOf(await page('', [3]))).toEqual([]);
    expect((await api.call('GET', '/v1/failing-callbacks?cursor=nonsense')).status).toBe(422);
  });
});
