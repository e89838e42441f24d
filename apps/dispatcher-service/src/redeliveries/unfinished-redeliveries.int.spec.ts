import { randomUUID } from 'node:crypto';
import { deliveryId, deliveryIdFloor } from '@ringback/contracts';
import { inTransaction } from '@ringback/service-runtime';
import { freshDatabase, type TestDatabase } from '@ringback/testbed';
import pg from 'pg';
import { migrateDispatcher } from '../migrations.js';
import { DAY_MS, DEFAULT_RETENTION_DAYS } from '../schema/day-partitions.js';
import { finishRedelivery, forgetOldRedeliveries } from './finish-redelivery.js';
import { appendCounts, sumUpCounts } from './redelivery-counts.js';
import { letGoOfLeases, movePosition, readUnfinished, takeLease, type UnfinishedRedelivery } from './unfinished-redeliveries.js';

describe('the lease on a redelivery', () => {
  const nowMs = Date.now();
  let database: TestDatabase;
  let pool: pg.Pool;
  beforeAll(async () => {
    database = await freshDatabase();
    await migrateDispatcher(database.url);
    pool = new pg.Pool({ connectionString: database.url, max: 2 });
    // Its last connections may still be closing when the database is dropped.
    pool.on('error', () => undefined);
  });
  afterAll(async () => {
    await pool.end();
    await database.drop();
  });

  async function begin(): Promise<string> {
    const id = deliveryId(nowMs, randomUUID(), 0);
    await pool.query('delete from dispatcher.redelivery');
    await pool.query(
      `insert into dispatcher.redelivery (id, filter, as_new, rate_per_second, created_by, created_at, total, total_is_exact, position,
         ends_before, paced_at)
       values ($1, '{}', false, 10, 'spec', to_timestamp($2::float8 / 1000), 5, true, $3, $4, now())`,
      [id, nowMs, deliveryIdFloor(nowMs - 1_000), deliveryIdFloor(nowMs)],
    );
    return id;
  }
  const read = async (): Promise<UnfinishedRedelivery> => (await readUnfinished(pool))[0]!;
  const take = async (owner: string): Promise<UnfinishedRedelivery | null> => {
    const seen = await read();
    const epoch = await takeLease(pool, seen, owner, 60_000);
    return epoch === null ? null : { ...seen, epoch };
  };
  const runOut = () => pool.query("update dispatcher.redelivery set leased_until = now() - interval '1 ms'");
  const move = (from: UnfinishedRedelivery, owner: string, toMs: number) =>
    inTransaction(pool, (client) =>
      movePosition(client, from, owner, { position: deliveryIdFloor(toMs), isSearched: false, pacedAtMs: nowMs, leaseMs: 60_000 }),
    );

  it('is one process at a time, until it is let go of or has run out', async () => {
    await begin();
    expect(await take('a')).not.toBeNull();
    expect(await take('b')).toBeNull();
    expect(await read()).toMatchObject({ owner: 'a', createdAtMs: nowMs });
    await letGoOfLeases(pool, 'a');
    expect(await take('b')).not.toBeNull();
    await runOut();
    expect(await take('a')).not.toBeNull();
  });

  it('whoever was taken over from moves nothing, and nobody moves from the same position twice', async () => {
    await begin();
    const a = (await take('a'))!;
    expect(await move(a, 'a', nowMs - 900)).toBe(true);
    expect(await move(a, 'a', nowMs - 800)).toBe(false);
    const seenByA = await read();
    await runOut();
    const b = (await take('b'))!;
    expect(await move(seenByA, 'a', nowMs - 700)).toBe(false);
    expect(await move(b, 'b', nowMs - 700)).toBe(true);
    expect(await read()).toMatchObject({ owner: 'b', position: deliveryIdFloor(nowMs - 700) });
  });

  it.each(['paused', 'cancelled'])('nothing is moved once it is %s', async (state) => {
    await begin();
    const a = (await take('a'))!;
    await pool.query('update dispatcher.redelivery set state = $1::dispatcher.redelivery_state', [state]);
    expect(await move(a, 'a', nowMs - 900)).toBe(false);
  });

  it('counts that are summed up stay the same, and go with the redelivery once the log has forgotten it', async () => {
    const id = await begin();
    for (let count = 0; count < 3; count++)
      await inTransaction(pool, (client) =>
        appendCounts(
          client,
          id,
          new Map([
            ['enqueued', 2],
            ['delivered', count],
            ['failed', 0],
          ]),
        ),
      );
    await sumUpCounts(pool, id);
    const { rows } = await pool.query('select outcome, count from dispatcher.redelivery_count order by outcome');
    expect(rows).toEqual([
      { outcome: 'delivered', count: 3 },
      { outcome: 'enqueued', count: 6 },
    ]);
    expect(await finishRedelivery(pool, id, nowMs)).toBe(false);
    await pool.query("update dispatcher.redelivery set state = 'cancelled'");
    expect(await finishRedelivery(pool, id, nowMs)).toBe(true);
    expect(await readUnfinished(pool)).toEqual([]);
    const left = async () => (await pool.query('select 1 from dispatcher.redelivery_count')).rowCount;
    await forgetOldRedeliveries(pool, { nowMs: nowMs + DEFAULT_RETENTION_DAYS * DAY_MS, retentionDays: DEFAULT_RETENTION_DAYS });
    expect(await left()).toBe(2);
    await forgetOldRedeliveries(pool, { nowMs: nowMs + DEFAULT_RETENTION_DAYS * DAY_MS + 1_000, retentionDays: DEFAULT_RETENTION_DAYS });
    expect(await left()).toBe(0);
  });
});
