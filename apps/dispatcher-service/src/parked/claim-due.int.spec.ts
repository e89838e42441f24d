import pg from 'pg';
import { freshDatabase, type TestDatabase } from '@ringback/testbed';
import { inTransaction } from '@ringback/service-runtime';
import { migrateDispatcher } from '../migrations.js';
import { parkRows } from '../testing/parked-rows.js';
import { CLAIM, claimDue } from './claim-due.js';

const NOW_MS = Date.parse('2026-03-01T12:00:00.000Z');
const DEAD = 'http://dead.example:80';
const ALIVE = 'http://alive.example:80';

describe('a claim', () => {
  let database: TestDatabase;
  let pool: pg.Pool;

  beforeAll(async () => {
    database = await freshDatabase();
    await migrateDispatcher(database.url);
    pool = new pg.Pool({ connectionString: database.url, max: 4 });
    pool.on('error', () => undefined);
    await parkRows(pool, { callbackId: 1, count: 49_000, destination: DEAD, dueAtMs: NOW_MS - 3_600_000 });
    for (let callbackId = 2; callbackId <= 51; callbackId++)
      await parkRows(pool, { callbackId, count: 20, destination: ALIVE, dueAtMs: NOW_MS - 60_000 });
    await pool.query('analyze dispatcher.parked');
    await pool.query('analyze dispatcher.parked_queue');
  });
  afterAll(async () => {
    await pool.end();
    await database.drop();
  });

  const options = {
    nowMs: NOW_MS,
    token: '00000000-0000-4000-8000-000000000001',
    leaseMsFor: () => 45_000,
    maxQueues: 100,
    busyDestinations: [],
    busyCallbacks: [],
    drainedDestinations: [],
    holdUntilMs: NOW_MS + 60_000,
  };

  it('finds its rows by the index of what is due, and never reads the whole table', async () => {
    const client = await pool.connect();
    try {
      await client.query('begin');
      await client.query('set local plan_cache_mode = force_generic_plan');
      await client.query(`prepare claim (integer[], integer[], float8, uuid, float8) as ${CLAIM}`);
      const { rows } = await client.query<{ 'QUERY PLAN': string }>(
        `explain execute claim ('{1,2,3}', '{32,32,32}', ${NOW_MS}, '${options.token}', 45000)`,
      );
      const plan = rows.map((row) => row['QUERY PLAN']).join('\n');
      expect(plan).toContain('using parked_due on parked');
      expect(plan).not.toContain('Seq Scan on parked');
    } finally {
      await client.query('rollback');
      client.release();
    }
  });

  it('takes of every callback in turn, the longest unserved first, however many rows one of them has', async () => {
    const claimed: number[] = [];
    for (let claims = 0; claims < 3; claims++) {
      await inTransaction(pool, async (client) => {
        const { rows } = await claimDue(client, {
          ...options,
          nowMs: NOW_MS + claims,
          maxQueues: 17,
          share: (queues) => queues.map(() => 2),
        });
        claimed.push(...rows.map(({ callback_id }) => callback_id));
      });
    }
    expect(claimed).toHaveLength(3 * 17 * 2);
    expect(new Set(claimed).size).toBe(51);
  });

  it('reads and touches not one row behind an open breaker', async () => {
    await pool.query(
      `insert into dispatcher.breaker (scope, key, opened_at, open_until, openings, reason) values ('destination', $1, now(), now(), 1, 'spec')`,
      [DEAD],
    );
    const looked: number[] = [];
    await inTransaction(pool, (client) =>
      claimDue(client, {
        ...options,
        nowMs: NOW_MS + 10,
        share: (queues) => {
          looked.push(...queues.map(({ callbackId }) => callbackId));
          return queues.map(() => 1);
        },
      }),
    );
    expect(looked).toHaveLength(50);
    expect(looked).not.toContain(1);
  });
});
