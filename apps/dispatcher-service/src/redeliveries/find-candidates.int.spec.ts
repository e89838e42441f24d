import { deliveryIdFloor } from '@ringback/contracts';
import { freshDatabase, type TestDatabase } from '@ringback/testbed';
import pg from 'pg';
import { migrateDispatcher } from '../migrations.js';
import { countCandidates, findCandidates, type LogSearch } from './find-candidates.js';

const ROWS = 60_000;
/** Every so many rows there is one of callback 2. */
const RARE_EVERY = 15_000;

describe('looking for what is to be sent again', () => {
  const nowMs = Date.now();
  let database: TestDatabase;
  let pool: pg.Pool;
  beforeAll(async () => {
    database = await freshDatabase();
    await migrateDispatcher(database.url);
    pool = new pg.Pool({ connectionString: database.url, max: 2 });
    // Its last connections may still be closing when the database is dropped.
    pool.on('error', () => undefined);
    // One a millisecond, the last of them now; every thousandth ended only after the search began.
    await pool.query(
      `insert into dispatcher.delivery (id, settled_at, conversion_id, offer_id, affiliate_id, callback_id, conversion_version, event_type,
         conversion_status, status, attempts, event_id)
       select (substr(hex, 1, 8) || '-' || substr(hex, 9, 4) || '-8000-8000-000000000001')::uuid,
         to_timestamp(($1::bigint + case when n % 1000 = 500 then 1000 else 0 end) / 1000.0), gen_random_uuid(), n % 2 + 1, 1,
         case when n % $3 = 0 then 2 else 1 end, 1, 'ConversionCreated', 'done', case when n % 4 = 0 then 'exhausted' else 'delivered' end::dispatcher.settled_status, 1, 'event'
       from (select n, lpad(to_hex($1::bigint - $2::bigint + n), 12, '0') as hex from generate_series(1, $2::integer) as n) as timed`,
      [nowMs, ROWS, RARE_EVERY],
    );
  });
  afterAll(async () => {
    await pool.end();
    await database.drop();
  });

  const search = (more: Partial<LogSearch> = {}): LogSearch => ({
    filter: {},
    offerIds: null,
    after: deliveryIdFloor(nowMs - ROWS),
    before: deliveryIdFloor(nowMs + 1),
    settledByMs: nowMs,
    ...more,
  });
  const idAt = (n: number) => deliveryIdFloor(nowMs - ROWS + n).replace(/-0000-0000-000000000000$/, '-8000-8000-000000000001');

  it('finds the next in the order of their ids, and knows the last', async () => {
    const first = await findCandidates(pool, search(), 3);
    expect(first.rows.map(({ id }) => id)).toEqual([idAt(1), idAt(2), idAt(3)]);
    expect(first).toMatchObject({ position: idAt(3), isEnd: false });
    const last = await findCandidates(pool, search({ after: idAt(ROWS - 3) }), 3);
    expect(last.rows.map(({ id }) => id)).toEqual([idAt(ROWS - 2), idAt(ROWS - 1), idAt(ROWS)]);
    expect(last).toMatchObject({ isEnd: true, position: search().before });
    expect(await findCandidates(pool, search({ after: idAt(ROWS - 3) }), 2)).toMatchObject({ isEnd: false, position: idAt(ROWS - 1) });
  });

  it('of a filter that matches little says how far it looked, and goes on from there', async () => {
    const rare = { filter: { callbackId: 2 } };
    const first = await findCandidates(pool, search(rare), 100);
    expect(first.rows.map(({ id }) => id)).toEqual([idAt(RARE_EVERY), idAt(2 * RARE_EVERY)]);
    expect(first).toMatchObject({ isEnd: false, position: idAt(1_000 + 4_000 + 16_000 + 16_000) });
    const rest = await findCandidates(pool, search({ ...rare, after: first.position }), 100);
    expect(rest.rows.map(({ id }) => id)).toEqual([idAt(3 * RARE_EVERY), idAt(4 * RARE_EVERY)]);
    expect(rest.isEnd).toBe(true);
  });

  it('leaves out what ended later, what the filter does not name, and what lies outside of the offers', async () => {
    const count = async (more: Partial<LogSearch>) => (await countCandidates(pool, search(more), () => 0)).count;
    expect(await count({})).toBe(ROWS - ROWS / 1_000);
    expect(await count({ settledByMs: nowMs + 2_000 })).toBe(ROWS);
    expect(await count({ settledByMs: nowMs + 2_000, filter: { status: 'exhausted' } })).toBe(ROWS / 4);
    expect(await count({ settledByMs: nowMs + 2_000, filter: { status: 'exhausted' }, offerIds: [1] })).toBe(ROWS / 4);
    expect(await count({ settledByMs: nowMs + 2_000, filter: { status: 'exhausted' }, offerIds: [2] })).toBe(0);
    expect(await count({ filter: { httpStatus: 200 } })).toBe(0);
    // 50,000 were looked at when the time was up: at least that many.
    expect(await countCandidates(pool, search({ settledByMs: nowMs + 2_000 }), () => Infinity)).toEqual({ count: 50_000, isExact: false });
    const found = await findCandidates(pool, search({ after: idAt(499) }), 1);
    expect(found.rows.map(({ id }) => id)).toEqual([idAt(501)]);
  });
});
