import pg from 'pg';
import { deliveryRecordedAt, type DeliveryStatus } from '@ringback/contracts';
import { eventually, freshDatabase, type TestDatabase } from '@ringback/testbed';
import { migrateDispatcher } from '../migrations.js';
import type { DeliveryFilter } from './delivery-filter.js';
import { listDeliveries, type DeliveryList } from './list-deliveries.js';
import { readWithin } from './read-within.js';

const NOW_MS = Date.now();
const ROWS = 12_000;
/** Over two days and a half. */
const EVERY_MS = 18_000;
const ALL = { offerIds: null, limit: 200 };

/** n ascends with time. Callback 77 has its deliveries at the beginning alone, 78 has one in a thousand, 79 was parked and never sent. */
const CALLBACK = `case when n < 300 and n % 3 = 0 then 77 when n % 1500 = 7 then 78 else n % 5 end`;
const ID = `(lpad(to_hex($1::bigint + n * ${EVERY_MS}), 12, '0') || '8' || substr(md5(n::text), 1, 3) || '8' || substr(md5(n::text), 4, 15))::uuid`;

const SEED_LOG = `
  insert into dispatcher.delivery (id, settled_at, conversion_id, offer_id, affiliate_id, callback_id, conversion_version, event_type,
    conversion_status, status, attempts, http_status, event_id, destination)
  select ${ID}, now(), md5((n / 4)::text)::uuid, 1 + (${CALLBACK}) % 50, 1 + (${CALLBACK}) % 10, ${CALLBACK}, 1, 'ConversionCreated', 'done',
    (case when n % 400 = 11 then 'exhausted' when n % 5000 = 12 then 'cancelled' else 'delivered' end)::dispatcher.settled_status, 1,
    case when n % 400 = 11 then 503 when n % 5000 = 12 then null when n % 50 = 3 then 204 else 200 end, 'event', 'http://host-' || (${CALLBACK}) || ':80'
  from generate_series(1, $2::integer) as n`;

/** Every thousandth is being sent again; a hundred others wait, or are retried. */
const SEED_PARKED = `
  insert into dispatcher.parked (id, event_key, due_at, expires_at, conversion_id, offer_id, affiliate_id, callback_id, conversion_version,
    event_type, conversion_status, attempts, http_status, event_id, destination)
  select ${ID}, gen_random_uuid(), now(), now(), md5((n / 4)::text)::uuid, 1 + callback_id % 50, 1 + callback_id % 10, callback_id, 1,
    'ConversionCreated', 'done', n % 2, 500, 'event', 'http://host-' || callback_id || ':80'
  from (select n, ${CALLBACK} as callback_id from generate_series(1000, $2::integer, 1000) as n
        union all select n, 79 from generate_series($2::integer + 1, $2::integer + 100) as n) as parked`;

/** What the list must find, without its ways to find it. */
const EXPECTED = `
  select id, offer_id, affiliate_id, callback_id, conversion_id, http_status, destination, case attempts when 0 then 'waiting' else 'retrying' end as status
  from dispatcher.parked
  union all
  select id, offer_id, affiliate_id, callback_id, conversion_id, http_status, destination, status::text from dispatcher.delivery
  where id not in (select id from dispatcher.parked)`;

interface Expected {
  id: string;
  offer_id: number;
  affiliate_id: number;
  callback_id: number;
  conversion_id: string;
  http_status: number | null;
  destination: string;
  status: DeliveryStatus;
}

describe('a search of the log', () => {
  let database: TestDatabase;
  let pool: pg.Pool;
  let all: Expected[];
  const search = (filter: Partial<DeliveryFilter> & { from?: string; to?: string; limit?: number }, before: string | null = null) =>
    listDeliveries(pool, { ...ALL, ...filter }, before, NOW_MS, () => 0);
  /** Follows the cursor to its end. @returns the ids, and how many pages there were */
  const follow = async (next: (before: string | null) => Promise<DeliveryList>) => {
    const ids: string[] = [];
    let pages = 0;
    for (let before: string | null = null; pages === 0 || before !== null; pages++) {
      const page: DeliveryList = await next(before);
      ids.push(...page.items.map(({ id }) => id));
      if (before !== null && page.nextBefore !== null) expect(page.nextBefore < before).toBe(true);
      before = page.nextBefore;
    }
    return { ids, pages };
  };

  beforeAll(async () => {
    database = await freshDatabase();
    await migrateDispatcher(database.url);
    pool = new pg.Pool({ connectionString: database.url, max: 2 });
    pool.on('error', () => undefined);
    const firstAtMs = NOW_MS - (ROWS + 200) * EVERY_MS;
    await pool.query(SEED_LOG, [firstAtMs, ROWS]);
    await pool.query(SEED_PARKED, [firstAtMs, ROWS]);
    await pool.query('vacuum analyze dispatcher.delivery');
    all = (await pool.query<Expected>(`${EXPECTED} order by id desc`)).rows;
  });
  afterAll(async () => {
    await pool.end();
    await database.drop();
  });

  const at = (share: number) => new Date(NOW_MS - ROWS * EVERY_MS * (1 - share)).toISOString();
  it.each<[string, Partial<DeliveryFilter> & { from?: string; to?: string }]>([
    ['all', {}],
    ['a callback that is everywhere', { callbackId: 3 }],
    ['one that ended long ago', { callbackId: 77 }],
    ['one that is rare', { callbackId: 78 }],
    ['one that only waits', { callbackId: 79 }],
    ['one that never was', { callbackId: 999 }],
    ['an offer', { offerId: 28 }],
    ['an affiliate', { affiliateId: 9 }],
    ['a destination', { destination: 'http://host-77:80' }],
    ['offers that one may see', { offerIds: [28, 29] }],
    ['no offer that one may see', { offerId: 1, offerIds: [28] }],
    ['delivered', { status: 'delivered' }],
    ['exhausted', { status: 'exhausted' }],
    ['cancelled', { status: 'cancelled' }],
    ['retrying', { status: 'retrying' }],
    ['waiting', { status: 'waiting' }],
    ['answered 200', { httpStatus: 200 }],
    ['answered 204', { httpStatus: 204 }],
    ['answered 418', { httpStatus: 418 }],
    ['exhausted of a callback that ended', { status: 'exhausted', callbackId: 77 }],
    ['answered 503 of an offer', { httpStatus: 503, offerId: 2 }],
    ['answered 500 of a callback that only waits', { httpStatus: 500, callbackId: 79 }],
    ['a stretch of time', { from: at(0.3), to: at(0.4) }],
    ['what ended long ago, in a stretch of time', { callbackId: 77, from: at(0), to: at(0.5) }],
  ])('finds each of its deliveries once, newest first: %s', async (_, filter) => {
    const expected = all.filter(
      (row) =>
        (filter.offerId ?? row.offer_id) === row.offer_id &&
        (filter.offerIds === undefined || filter.offerIds === null || filter.offerIds.includes(row.offer_id)) &&
        (filter.affiliateId ?? row.affiliate_id) === row.affiliate_id &&
        (filter.callbackId ?? row.callback_id) === row.callback_id &&
        (filter.destination ?? row.destination) === row.destination &&
        (filter.status ?? row.status) === row.status &&
        (filter.httpStatus ?? row.http_status) === row.http_status &&
        (filter.from === undefined || deliveryRecordedAt(row.id) >= Date.parse(filter.from)) &&
        (filter.to === undefined || deliveryRecordedAt(row.id) < Date.parse(filter.to)),
    );
    const { ids } = await follow((before) => search(filter, before));
    expect(ids).toEqual(expected.map(({ id }) => id));
  });

  it('finds the few deliveries of a conversion', async () => {
    const { conversion_id, id } = all[5_000]!;
    const { items, nextBefore } = await search({ conversionId: conversion_id });
    expect(items.map((item) => item.id)).toContain(id);
    expect(items.length).toBeLessThanOrEqual(4);
    expect(nextBefore).toBeNull();
  });

  it('whose time is up says how far it came, and goes on from there', async () => {
    const slow = (before: string | null) => listDeliveries(pool, { ...ALL, callbackId: 77 }, before, NOW_MS, () => 151);
    const first = await slow(null);
    expect(first.items).toEqual([]);
    expect(first.searchedThrough).toBe(new Date(deliveryRecordedAt(first.nextBefore!)).toISOString());
    expect(Date.parse(first.searchedThrough!)).toBeLessThan(NOW_MS);
    const { ids, pages } = await follow(slow);
    expect(pages).toBeGreaterThan(1);
    expect(ids).toEqual(all.filter(({ callback_id }) => callback_id === 77).map(({ id }) => id));
  });

  it('comes further even when nothing can be found in time', async () => {
    const blocker = await pool.connect();
    await blocker.query('begin; lock table dispatcher.parked in access exclusive mode');
    const page = listDeliveries(pool, { ...ALL, callbackId: 77 }, null, NOW_MS, () => 151);
    // The first statement gives up after 40 ms; the one that waits for longer has no limit.
    const waiting = `select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'
      and query like '%log_chunk%' and query_start < clock_timestamp() - interval '300 ms'`;
    const watcher = new pg.Pool({ connectionString: database.url, max: 1 });
    await eventually(async () => (await watcher.query(waiting)).rowCount === 1);
    await watcher.end();
    await blocker.query('rollback');
    blocker.release();
    const { items, nextBefore } = await page;
    expect(items).toEqual([]);
    expect(nextBefore! < all[0]!.id).toBe(true);
  });

  it('leaves a connection as it was', async () => {
    const single = new pg.Pool({ connectionString: database.url, max: 1 });
    expect(await readWithin(single, 20)('select pg_sleep(10)', [])).toBeNull();
    expect(await readWithin(single, 500, { enable_seqscan: 'off' })('show enable_seqscan', [])).toEqual([{ enable_seqscan: 'off' }]);
    const { rows } = await single.query(
      `select current_setting('enable_seqscan') as scan, current_setting('statement_timeout') as timeout`,
    );
    expect(rows).toEqual([{ scan: 'on', timeout: '0' }]);
    await expect(readWithin(single, 500)('select 1 / 0', [])).rejects.toMatchObject({ code: '22012' });
    expect((await single.query('select 1 as one')).rows).toEqual([{ one: 1 }]);
    await single.end();
  });
});
