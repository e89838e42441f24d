import { randomUUID } from 'node:crypto';
import { deliveryId } from '@ringback/contracts';
import { freshDatabase, eventually, type TestDatabase } from '@ringback/testbed';
import pg from 'pg';
import { findKnown } from '../intake/find-known.js';
import { listDeliveries } from '../delivery-log/list-deliveries.js';
import { migrateDispatcher } from '../migrations.js';
import { DAY_MS, ensureDayPartitions } from '../schema/day-partitions.js';
import { dropOldDays } from './drop-old-days.js';
import { isDayKept } from './kept-days.js';

const INSERT = `
  insert into dispatcher.delivery (id, settled_at, conversion_id, offer_id, affiliate_id, callback_id, conversion_version, event_type,
    conversion_status, status, attempts, event_id)
  values ($1, now(), $2, 1, 1, 1, 1, 'ConversionCreated', 'done', 'delivered', 1, $3)`;
const INSERT_PARKED = `
  insert into dispatcher.parked (id, event_key, due_at, expires_at, conversion_id, offer_id, affiliate_id, callback_id, conversion_version,
    event_type, conversion_status, attempts, event_id)
  values ($1, $1, now(), now(), $2, 1, 1, 1, 1, 'ConversionCreated', 'done', 0, 'e')`;

describe('dropping days of the log', () => {
  const now = Date.now();
  let database: TestDatabase;
  let pool: pg.Pool;
  let housekeeper: pg.Client;

  beforeEach(async () => {
    database = await freshDatabase();
    await migrateDispatcher(database.url);
    pool = new pg.Pool({ connectionString: database.url, max: 4 });
    pool.on('error', () => undefined);
    housekeeper = new pg.Client({ connectionString: database.url });
    await housekeeper.connect();
  });
  afterEach(async () => {
    await housekeeper.end();
    await pool.end();
    await database.drop();
  });

  const idAt = (atMs: number) => deliveryId(atMs, randomUUID(), 1);
  const insert = (client: pg.Pool, id: string) => client.query(INSERT, [id, randomUUID(), randomUUID()]);
  const days = async (): Promise<string[]> => {
    const { rows } = await pool.query<{ name: string }>(
      `select relname as name from pg_class where relnamespace = 'dispatcher'::regnamespace and relkind = 'r' and relname ~ '_\\d{8}$' order by 1`,
    );
    return rows.map(({ name }) => name);
  };
  const pending = async () => (await pool.query('select from pg_inherits where inhdetachpending')).rowCount;

  it('takes whole days, under load, and nobody who writes or reads waits for 100 ms', async () => {
    await Promise.all([31, 30, 10, 0].map((ago) => insert(pool, idAt(now - ago * DAY_MS))));
    const errors: unknown[] = [];
    const counts = { inserts: 0, reads: 0 };
    let isOver = false;
    const worker = async (work: (pool: pg.Pool) => Promise<unknown>) => {
      // A wait for longer than what is promised is an error.
      const own = new pg.Pool({ connectionString: database.url, max: 1, options: '-c lock_timeout=100ms' });
      own.on('error', () => undefined);
      while (!isOver) await work(own).catch((error: unknown) => errors.push(error));
      await own.end();
    };
    const page = { limit: 50, offerIds: null };
    const workers = [
      ...Array.from({ length: 3 }, () => worker((own) => insert(own, idAt(now)).then(() => counts.inserts++))),
      worker((own) => findKnown(own, [idAt(now), idAt(now - 9 * DAY_MS)], []).then(() => counts.reads++)),
      worker((own) => listDeliveries(own, page, null, now, () => 0).then(() => counts.reads++)),
    ];
    const before = await days();
    await eventually(() => counts.inserts > 50 && counts.reads > 20);
    const atStart = { ...counts };
    const { tables, isUnfinished } = await dropOldDays(housekeeper, now + 5 * DAY_MS, 30);
    const during = { ...counts };
    await eventually(() => counts.inserts > during.inserts + 50);
    isOver = true;
    await Promise.all(workers);

    expect(errors).toEqual([]);
    expect(isUnfinished).toBe(false);
    expect(tables).toBe(5 * 3);
    expect(during.inserts).toBeGreaterThan(atStart.inserts);
    expect(before).toEqual(expect.arrayContaining(await days()));
    expect(await days()).toHaveLength(before.length - 15);
    const left = await pool.query<{ kept: number }>('select count(*)::integer as kept from dispatcher.delivery');
    expect(left.rows[0]!.kept).toBe(2 + counts.inserts);
    expect(await isDayKept(pool, idAt(now - 27 * DAY_MS))).toBe(false);
    expect(await isDayKept(pool, idAt(now - 26 * DAY_MS))).toBe(true);
  });

  it('that a reader is in the way of is given up, and finished later; one that died in between too', async () => {
    const id = idAt(now - 31 * DAY_MS);
    await insert(pool, id);
    const reader = await pool.connect();
    await reader.query('begin');
    await reader.query('select count(*) from dispatcher.delivery');
    // As a process that dies in the middle leaves it.
    await housekeeper.query(`set lock_timeout = '50ms'`);
    const oldest = (await days()).find((name) => name.startsWith('delivery_2'))!;
    await expect(
      housekeeper.query(`alter table dispatcher.delivery detach partition dispatcher.${oldest} concurrently`),
    ).rejects.toMatchObject({ code: '55P03' });
    expect(await pending()).toBe(1);
    await reader.query('commit');
    reader.release();

    expect(await dropOldDays(housekeeper, now + DAY_MS, 30)).toEqual({ tables: 3, isUnfinished: false });
    expect(await pending()).toBe(0);
    expect(await days()).not.toContain(oldest);
  });

  it('is done by one process at a time', async () => {
    const others = await Promise.all(Array.from({ length: 3 }, () => pool.connect()));
    const dropped = await Promise.all([housekeeper, ...others].map((client) => dropOldDays(client, now + 3 * DAY_MS, 30)));
    for (const client of others) client.release();
    expect(dropped.reduce((sum, { tables }) => sum + tables, 0)).toBe(9);
  });

  it('leaves a day that has parked deliveries, and those after it, until they are settled', async () => {
    const id = idAt(now - 29 * DAY_MS);
    await pool.query(INSERT_PARKED, [id, randomUUID()]);
    const day = new Date(now - 29 * DAY_MS).toISOString().slice(0, 10).replaceAll('-', '');
    await dropOldDays(housekeeper, now + 10 * DAY_MS, 30);
    const left = await days();
    expect(left).toEqual(expect.arrayContaining([`delivery_${day}`, `delivery_attempt_${day}`, `parked_event_${day}`]));
    expect(left.filter((name) => name.startsWith('parked_event'))[0]).toBe(`parked_event_${day}`);
    expect(await isDayKept(pool, id)).toBe(true);
    await pool.query('delete from dispatcher.parked');
    await dropOldDays(housekeeper, now + 10 * DAY_MS, 30);
    expect(await days()).not.toContain(`delivery_${day}`);
  });

  it('is never undone: what was dropped is not made again, and an event of it is known to be too old', async () => {
    const id = idAt(now - 25 * DAY_MS);
    await insert(pool, id);
    expect(await findKnown(pool, [id], [])).toMatchObject({ known: new Set([id]), keptFromId: null });
    await dropOldDays(housekeeper, now, 21);
    const left = await days();
    expect(await ensureDayPartitions(pool, now, 30)).toBe(0);
    expect(await days()).toEqual(left);
    const { keptFromId } = await findKnown(pool, [id], []);
    expect(id < keptFromId!).toBe(true);
    expect((await findKnown(pool, [idAt(now - 22 * DAY_MS)], [])).keptFromId).toBeNull();
  });

  it('by hand is noticed: nothing of that day, or before it, is taken for new', async () => {
    const day = new Date(now - 3 * DAY_MS).toISOString().slice(0, 10).replaceAll('-', '');
    await pool.query(`drop table dispatcher.delivery_${day}`);
    expect(await ensureDayPartitions(pool, now, 30)).toBe(0);
    expect(await days()).not.toContain(`delivery_${day}`);
    const old = idAt(now - 4 * DAY_MS);
    expect(old < (await findKnown(pool, [old], [])).keptFromId!).toBe(true);
    expect((await findKnown(pool, [idAt(now - DAY_MS)], [])).keptFromId).toBeNull();
    // The days before it are there all the same, for as long as they are kept.
    await dropOldDays(housekeeper, now, 30);
    expect((await days()).length).toBeGreaterThan(80);
  });
});
