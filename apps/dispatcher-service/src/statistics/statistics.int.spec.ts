import { statisticsSchema, type Statistics } from '@ringback/contracts';
import { pino } from 'pino';
import { ApiUnderTest } from '../testing/api-under-test.js';
import { aHistory, record } from '../testing/recorded-history.js';
import { Histogram } from './histogram.js';
import { StatisticsController } from './statistics.controller.js';
import { StatisticsReadModel } from './statistics.read-model.js';
import { Summing } from './summing.js';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
/** The middle of a day, so that ranges in days and zones fall where they should whenever this runs. */
const NOW = Math.floor(Date.now() / DAY) * DAY + 14.5 * HOUR;
const KEYS = { offer: 'offer_id', affiliate: 'affiliate_id', callback: 'callback_id', destination: "coalesce(destination, '')" } as const;

describe('statistics', () => {
  let api: ApiUnderTest;
  let now = NOW;
  const summing = () =>
    new Summing({
      pool: api.pool,
      logger: pino({ level: 'silent' }),
      recorded: () => 0,
      onFatal: (error) => {
        throw error;
      },
      now: () => now,
    });
  const read = async (query: Record<string, string | number>): Promise<Statistics> => {
    const path = `/v1/stats/deliveries?${new URLSearchParams(Object.entries(query).map(([name, value]): [string, string] => [name, String(value)]))}`;
    const { status, body } = await api.call('GET', path);
    expect({ status, body }).toMatchObject({ status: 200 });
    return statisticsSchema.parse(body);
  };
  const rows = async <Row extends object>(sql: string, values: unknown[] = []) =>
    (await api.pool.query<Row & Record<string, unknown>>(sql, values)).rows;
  const iso = (ms: number) => new Date(ms).toISOString();

  /** The same, counted row by row over the log. Attempts that were not the last have no time of recording there, so these are not told apart. */
  const counted = async (answer: Statistics, group: keyof typeof KEYS | null, where = 'true') => {
    const starts = answer.buckets.length === 0 ? [answer.from] : answer.buckets;
    const found = await rows<{
      key: number | string;
      bucket: number;
      delivered: number;
      first_try: number;
      exhausted: number;
      cancelled: number;
    }>(
      `select ${group === null ? `''` : KEYS[group]} as key, width_bucket(settled_at, $3::timestamptz[]) - 1 as bucket,
         count(*) filter (where status = 'delivered')::integer as delivered,
         count(*) filter (where status = 'delivered' and attempts = 1)::integer as first_try,
         count(*) filter (where status = 'exhausted')::integer as exhausted,
         count(*) filter (where status = 'cancelled')::integer as cancelled
       from dispatcher.delivery where settled_at >= $1 and settled_at < $2 and ${where} group by 1, 2`,
      [answer.from, answer.to, starts],
    );
    const series = new Map<string, number[][]>();
    for (const row of found) {
      const key = String(row.key);
      if (!series.has(key))
        series.set(
          key,
          starts.map(() => [0, 0, 0, 0]),
        );
      series.get(key)![row.bucket] = [row.delivered, row.first_try, row.exhausted, row.cancelled];
    }
    return series;
  };
  const told = (answer: Statistics, group: keyof typeof KEYS | null) =>
    new Map(
      answer.groups
        .map(({ key, totals, series }): [string, number[][]] => [
          group === null ? '' : String(key[`${group}Id` as 'offerId'] ?? key.destination ?? ''),
          (series.length === 0 ? [totals] : series).map((point) => [
            point.delivered,
            point.deliveredFirstTry,
            point.exhausted,
            point.cancelled,
          ]),
        ])
        // Groups that had failed attempts only are not in the log.
        .filter(([, points]) => points.some((point) => point.some((count) => count > 0))),
    );
  const expectTruth = async (query: Record<string, string | number>, where?: string) => {
    const answer = await read({ limit: 50, ...query });
    const group = query['groupBy'] === undefined ? null : (query['groupBy'] as keyof typeof KEYS);
    const truth = await counted(answer, group, where);
    expect([...told(answer, group)].toSorted()).toEqual([...truth].toSorted());
    return { answer, groups: truth.size };
  };
  /** Every way of asking, against the log. */
  const expectAllTruth = async () => {
    const week = { from: iso(NOW - 7 * DAY), to: iso(NOW + HOUR) };
    for (const interval of ['day', 'hour', 'none']) await expectTruth({ ...week, interval });
    for (const groupBy of ['offer', 'affiliate', 'callback', 'destination']) await expectTruth({ ...week, interval: 'day', groupBy });
    for (const timezone of ['America/New_York', 'Asia/Kolkata'])
      await expectTruth({ ...week, interval: 'day', timezone, groupBy: 'offer' });
    await expectTruth({ ...week, interval: 'none', groupBy: 'callback' });
    await expectTruth({ interval: 'hour', groupBy: 'callback', offerId: 2 }, 'offer_id = 2');
    await expectTruth({ ...week, groupBy: 'destination', affiliateId: 1, interval: 'day' }, 'affiliate_id = 1');
    await expectTruth({ ...week, callbackId: '3,4', interval: 'day' }, 'callback_id in (3, 4)');
    await expectTruth({ ...week, groupBy: 'callback', destination: 'http://host-1', interval: 'day' }, "destination = 'http://host-1:80'");
    await expectTruth({ from: iso(NOW - 2 * HOUR), to: iso(NOW + HOUR), interval: 'minute' });
  };

  beforeAll(async () => {
    api = await ApiUnderTest.start(StatisticsController, (pool) => [
      { provide: StatisticsReadModel, useValue: new StatisticsReadModel({ pool, now: () => now }) },
    ]);
    // As if the deployment were a week old.
    await rows(`update dispatcher.statistics_progress set hours_through = $1, days_through = $1`, [
      iso(Math.floor(NOW / DAY) * DAY - 7 * DAY),
    ]);
  });
  afterAll(() => api.stop());

  it('show what was recorded at once, before anything is summed', async () => {
    await record(api.pool, aHistory(1, NOW - 6 * DAY, NOW, 120));
    const { groups } = await expectTruth({ groupBy: 'callback', interval: 'day', from: iso(NOW - 7 * DAY), to: iso(NOW) });
    expect(groups).toBe(9);
    await expectAllTruth();
  });

  it('are the same once summed, by several at once', async () => {
    await Promise.all([summing().sum(), summing().sum(), summing().sum()]);
    await summing().sum();
    const [left] = await rows<{ partials: number; days: number; hours: number }>(
      `select (select count(*)::integer from dispatcher.statistics_partial) as partials,
         (select count(distinct at)::integer from dispatcher.statistics_day) as days,
         (select count(distinct at)::integer from dispatcher.statistics_hour) as hours`,
    );
    expect(left).toMatchObject({ partials: 0, days: 6 });
    expect(left!.hours).toBeGreaterThan(20);
    await expectAllTruth();
  });

  it('count late news of hours and days that are summed already', async () => {
    await record(api.pool, aHistory(2, NOW - 6 * DAY, NOW, 60));
    await expectAllTruth();
    await summing().sum();
    await expectAllTruth();
  });

  it.each([
    ['minutes', 'statistics_minute', 0],
    ['hours', 'statistics_hour', 2 * HOUR],
    ['days', 'statistics_day', DAY],
    ['four days', 'statistics_four_days', 5 * DAY],
    ['sixteen days', 'statistics_sixteen_days', 17 * DAY],
  ])('are right after a sum to %s that failed half way', async (_, table, laterMs) => {
    await record(api.pool, aHistory(3 + laterMs, now - HOUR, now - 60_000, 40));
    now += laterMs + 60_000;
    await rows(`
      create function spec_fail() returns trigger language plpgsql as $$
      begin if new.level = 'all' then raise exception 'refused by the spec'; end if; return new; end $$;
      create trigger spec_fail after insert or update on dispatcher.${table} for each row execute function spec_fail()`);
    await expect(summing().sum()).rejects.toThrow('refused by the spec');
    const range = { from: iso(NOW - 7 * DAY), to: iso(now), interval: 'day', groupBy: 'callback' };
    await expectTruth(range);
    await rows(`drop trigger spec_fail on dispatcher.${table}; drop function spec_fail()`);
    await summing().sum();
    await summing().sum();
    await expectTruth(range);
  });

  it('tell attempts, rates and percentiles as the log has them', async () => {
    const answer = await read({ from: iso(NOW - 7 * DAY), to: iso(now), interval: 'none' });
    const [log] = await rows<{ attempts: number; first: number; failed: number; durations: number[] }>(
      `with attempt as (
         select attempts as number, duration_ms, status = 'delivered' as good from dispatcher.delivery where started_at is not null
         union all select number, duration_ms, false from dispatcher.delivery_attempt)
       select count(*)::integer as attempts, count(*) filter (where number = 1)::integer as first,
         count(*) filter (where not good)::integer as failed, array_agg(duration_ms order by duration_ms) as durations from attempt`,
    );
    const { totals } = answer;
    expect(totals).toMatchObject({ attempts: log!.attempts, retries: log!.attempts - log!.first, failedAttempts: log!.failed });
    expect(totals.successRate).toBeCloseTo(totals.delivered / (totals.delivered + totals.exhausted), 10);
    expect(totals.firstTryRate).toBeCloseTo(totals.deliveredFirstTry / log!.first, 10);
    for (const [name, share] of [
      ['p50', 0.5],
      ['p90', 0.9],
      ['p99', 0.99],
    ] as const) {
      const truth = log!.durations[Math.ceil(share * log!.durations.length) - 1]!;
      expect(Math.abs(totals.durationMs![name] - truth) / truth).toBeLessThan(0.05);
    }
    expect(totals.latencyMs).not.toBeNull();
  });

  it('order groups by count, by failures and by slowness, and say when there are more', async () => {
    const range = { from: iso(NOW - 7 * DAY), to: iso(now), interval: 'none', groupBy: 'callback' };
    const all = (await read({ ...range, limit: 50 })).groups;
    const measure = {
      count: ({ delivered, exhausted, cancelled }: Statistics['totals']) => delivered + exhausted + cancelled,
      failures: ({ failedAttempts }: Statistics['totals']) => failedAttempts,
      slowest: ({ durationMs }: Statistics['totals']) => durationMs!.p90,
    };
    for (const order of ['count', 'failures', 'slowest'] as const) {
      const { groups, hasMoreGroups } = await read({ ...range, order, limit: 4 });
      expect(hasMoreGroups).toBe(true);
      const best = all.map(({ totals }) => measure[order](totals)).toSorted((a, b) => b - a);
      expect(groups.map(({ totals }) => measure[order](totals))).toEqual(best.slice(0, 4));
    }
    expect(await read({ ...range, limit: 9 })).toMatchObject({ hasMoreGroups: false });
  });

  it('are the same from sums of four and of sixteen days as from the log, in the same order, however late the news', async () => {
    const fromMs = Math.floor(NOW / DAY) * DAY - 45 * DAY;
    const month = { from: iso(fromMs + 3 * DAY), to: iso(fromMs + 34 * DAY), interval: 'none', groupBy: 'callback' };
    // As if all had been summed before, and this came late; then as if sums of several days were new.
    await record(api.pool, aHistory(11, fromMs, fromMs + 40 * DAY, 150));
    await summing().sum();
    const orders = ['count', 'failures', 'slowest'] as const;
    const readAll = () => Promise.all(orders.map((order) => read({ ...month, order, limit: 50 })));
    await expectTruth(month);
    const late = await readAll();
    await rows(`truncate dispatcher.statistics_four_days, dispatcher.statistics_sixteen_days`);
    await rows(`update dispatcher.statistics_progress set four_days_through = $1, sixteen_days_through = $1`, [
      iso(Math.floor(fromMs / (16 * DAY)) * 16 * DAY),
    ]);
    // What a dispatcher of a version before counts, which knows nothing of them, is in the days alone; it moves days on.
    await rows('update dispatcher.statistics_progress set hours_through = hours_through, days_through = days_through');
    const fromDays = await readAll();
    await summing().sum();
    const [summed] = await rows<{ four: number; sixteen: number }>(
      `select (select count(distinct at)::integer from dispatcher.statistics_four_days) as four,
         (select count(distinct at)::integer from dispatcher.statistics_sixteen_days) as sixteen`,
    );
    expect(summed!.four).toBeGreaterThan(7);
    expect(summed!.sixteen).toBeGreaterThan(0);
    expect(fromDays).toEqual(late);
    expect(await readAll()).toEqual(late);
    await expectTruth(month);
    await record(api.pool, aHistory(12, fromMs, fromMs + 40 * DAY, 50));
    await expectTruth(month);
    await summing().sum();
    await expectTruth(month);
    await expectTruth({ ...month, groupBy: 'destination' });
  });

  it('give each callback of an offer its 24 hours in one request', async () => {
    const { groups, buckets } = await read({ to: iso(Math.ceil(NOW / HOUR) * HOUR), groupBy: 'callback', offerId: 2, limit: 200 });
    expect(buckets).toHaveLength(24);
    expect(groups.map(({ key }) => key.callbackId).toSorted()).toEqual([1, 4, 7]);
    for (const { key, series } of groups) {
      expect(key).toMatchObject({ offerId: 2 });
      expect(series).toHaveLength(24);
    }
  });

  it('split all by status', async () => {
    const { groups, totals } = await read({ from: iso(NOW - 7 * DAY), to: iso(now), interval: 'day', groupBy: 'status' });
    expect(groups.map(({ key, totals }) => [key.status, totals.delivered + totals.exhausted + totals.cancelled, totals.attempts])).toEqual([
      ['delivered', totals.delivered, 0],
      ['exhausted', totals.exhausted, 0],
      ['cancelled', totals.cancelled, 0],
    ]);
  });

  it('see nothing of offers outside of the scope', async () => {
    const model = new StatisticsReadModel({ pool: api.pool, now: () => now });
    const fromMs = Math.floor(NOW / DAY) * DAY - 7 * DAY;
    const filter = { offerIds: [2], offerId: null, affiliateId: null, callbackIds: null, destination: null };
    const question = {
      buckets: { startsMs: [], fromMs, toMs: Math.ceil(now / HOUR) * HOUR },
      interval: 'none',
      timezone: 'UTC',
      order: 'count',
      limit: 50,
    } as const;
    const scoped = await model.read({ ...question, groupBy: 'offer', filter });
    expect(scoped.groups.map(({ key }) => key)).toEqual([{ offerId: 2 }]);
    expect(scoped.totals).toEqual(scoped.groups[0]!.totals);
    const foreign = await model.read({ ...question, groupBy: 'callback', filter: { ...filter, offerId: 1 } });
    expect(foreign).toMatchObject({ groups: [], totals: { delivered: 0, attempts: 0 } });
  });

  it('keep days when their minutes and hours are dropped', async () => {
    const range = { from: iso(Math.floor(NOW / DAY) * DAY - 7 * DAY), to: iso(Math.ceil(NOW / DAY) * DAY), interval: 'day' };
    const before = await read(range);
    now += 80 * DAY;
    await summing().sum();
    expect((await rows('select 1 from dispatcher.statistics_minute')).length).toBe(0);
    expect((await rows('select 1 from dispatcher.statistics_hour')).length).toBe(0);
    expect(await read(range)).toEqual(before);
    const [all] = await rows<{ latency: Buffer }>(
      `select string_agg(latency, ''::bytea) as latency from dispatcher.statistics_day where level = 'all' and at >= $1 and at < $2`,
      [range.from, range.to],
    );
    expect(new Histogram().add(all!.latency).count).toBe(before.totals.delivered);
  });

  it('refuse what they cannot answer, by name', async () => {
    expect(await api.call('GET', '/v1/stats/deliveries?timezone=Mars')).toMatchObject({
      status: 422,
      body: { errors: [{ path: 'timezone' }] },
    });
    expect(await api.call('GET', '/v1/stats/deliveries?interval=year')).toMatchObject({
      status: 422,
      body: { errors: [{ path: 'interval' }] },
    });
  });
});
