import { freshDatabase, type TestDatabase } from '@ringback/testbed';
import pg from 'pg';
import { insertDeadLetters } from './dead-letters.js';
import { intakeTablesSql } from './intake-tables.js';
import { acquireLeases, type LeaseQuery, moveProgress, releaseLease, renewLeases } from './partition-leases.js';

const LEASE_MS = 60_000;
const ALL = Array.from({ length: 12 }, (_, i) => i);

describe('partition leases', () => {
  let database: TestDatabase;
  let pool: pg.Pool;

  beforeAll(async () => {
    database = await freshDatabase();
    pool = new pg.Pool({ connectionString: database.url, max: 20 });
    // Dropping the database ends sessions that are just being closed.
    pool.on('error', () => undefined);
    await pool.query(`create schema intake; ${intakeTablesSql('intake')}`);
  });
  afterEach(() => pool.query('truncate intake.intake_progress, intake.dead_letter'));
  afterAll(async () => {
    await pool.end();
    await database.drop();
  });

  const as = (instanceId: string): LeaseQuery => ({ pool, schema: 'intake', topic: 'events', instanceId, timeoutMs: 5_000 });
  const move = (instanceId: string, epoch: number, nextOffset: number, partition = 0) =>
    inTransaction((client) => moveProgress(client, 'intake', instanceId, [{ topic: 'events', partition, epoch, nextOffset }]));
  const expire = () => pool.query(`update intake.intake_progress set lease_until = now() - interval '1 second'`);
  const nextOffset = async () =>
    Number((await pool.query('select next_offset from intake.intake_progress where partition = 0')).rows[0].next_offset);

  async function inTransaction<T>(work: (client: pg.PoolClient) => Promise<T>): Promise<T> {
    const client = await pool.connect();
    try {
      await client.query('begin');
      const result = await work(client);
      await client.query('commit');
      return result;
    } finally {
      client.release();
    }
  }

  it('begins at offset 0 with epoch 1', async () => {
    expect(await acquireLeases(as('a'), [0, 1], LEASE_MS)).toEqual([
      { partition: 0, epoch: 1, nextOffset: 0 },
      { partition: 1, epoch: 1, nextOffset: 0 },
    ]);
  });

  it('refuses a partition that another holds, and gives the free ones of the same question', async () => {
    await acquireLeases(as('a'), [0], LEASE_MS);
    expect(await acquireLeases(as('b'), [0, 1], LEASE_MS)).toEqual([{ partition: 1, epoch: 1, nextOffset: 0 }]);
  });

  it.each([
    ['released', async () => releaseLease(as('a'), { partition: 0, epoch: 1 })],
    ['expired', async () => expire()],
  ])('gives a partition that is %s to the next, with a higher epoch and where it was recorded', async (_, end) => {
    await acquireLeases(as('a'), [0], LEASE_MS);
    expect(await move('a', 1, 42)).toEqual([]);
    await end();
    expect(await acquireLeases(as('b'), [0], LEASE_MS)).toEqual([{ partition: 0, epoch: 2, nextOffset: 42 }]);
  });

  it('gives an instance what its former life held, with a higher epoch', async () => {
    await acquireLeases(as('a'), [0], LEASE_MS);
    expect(await acquireLeases(as('a'), [0], LEASE_MS)).toEqual([{ partition: 0, epoch: 2, nextOffset: 0 }]);
    expect(await move('a', 1, 5)).toHaveLength(1);
  });

  it('gives each of twelve partitions to exactly one of ten that ask at once', async () => {
    const taken = await Promise.all(Array.from({ length: 10 }, (_, i) => acquireLeases(as(`i${i}`), ALL, LEASE_MS)));
    expect(
      taken
        .flat()
        .map((row) => row.partition)
        .sort((a, b) => a - b),
    ).toEqual(ALL);
  });

  it('renews what is still ours, also when it had run out, and tells the rest by leaving it out', async () => {
    await acquireLeases(as('a'), [0, 1, 2], LEASE_MS);
    await expire();
    await acquireLeases(as('b'), [1], LEASE_MS);
    const renewed = await renewLeases(
      as('a'),
      ALL.slice(0, 3).map((partition) => ({ partition, epoch: 1 })),
      LEASE_MS,
    );
    expect(renewed.map((row) => row.partition).sort()).toEqual([0, 2]);
    expect(await acquireLeases(as('b'), [0, 2], LEASE_MS)).toEqual([]);
  });

  it('refuses progress of a former owner, of a former epoch, and after a release', async () => {
    await acquireLeases(as('a'), [0], LEASE_MS);
    await expire();
    await acquireLeases(as('b'), [0], LEASE_MS);
    expect(await move('a', 1, 10)).toEqual([{ topic: 'events', partition: 0, epoch: 1, nextOffset: 10 }]);
    expect(await move('b', 1, 10)).toHaveLength(1);
    await releaseLease(as('b'), { partition: 0, epoch: 2 });
    expect(await move('b', 2, 10)).toHaveLength(1);
    expect(await nextOffset()).toBe(0);
  });

  it('takes progress of an expired lease that nobody took', async () => {
    await acquireLeases(as('a'), [0], LEASE_MS);
    await expire();
    expect(await move('a', 1, 10)).toEqual([]);
    expect(await nextOffset()).toBe(10);
  });

  it('never moves progress back, and takes the highest of several moves', async () => {
    await acquireLeases(as('a'), [0], LEASE_MS);
    const moves = [3, 9, 6].map((next) => ({ topic: 'events', partition: 0, epoch: 1, nextOffset: next }));
    expect(await inTransaction((client) => moveProgress(client, 'intake', 'a', moves))).toEqual([]);
    await move('a', 1, 4);
    expect(await nextOffset()).toBe(9);
  });

  it('refuses only the lost one of several', async () => {
    await acquireLeases(as('a'), [0, 1], LEASE_MS);
    const moves = [0, 1].map((partition) => ({ topic: 'events', partition, epoch: partition + 1, nextOffset: 5 }));
    expect(await inTransaction((client) => moveProgress(client, 'intake', 'a', moves))).toEqual([moves[1]]);
    expect(await nextOffset()).toBe(5);
  });

  it('makes a new owner wait for the transaction that moves, and begin where it ended', async () => {
    await acquireLeases(as('a'), [0], LEASE_MS);
    await expire();
    const client = await pool.connect();
    await client.query('begin');
    expect(await moveProgress(client, 'intake', 'a', [{ topic: 'events', partition: 0, epoch: 1, nextOffset: 7 }])).toEqual([]);
    const taking = acquireLeases(as('b'), [0], LEASE_MS);
    await client.query('commit');
    client.release();
    expect(await taking).toEqual([{ partition: 0, epoch: 2, nextOffset: 7 }]);
  });

  it('never deadlocks: moves in any order beside renewals', async () => {
    await acquireLeases(as('a'), ALL, LEASE_MS);
    const moves = ALL.map((partition) => ({ topic: 'events', partition, epoch: 1, nextOffset: 1 }));
    const leases = ALL.map((partition) => ({ partition, epoch: 1 }));
    const work = Array.from({ length: 60 }, (_, i) => {
      if (i % 3 === 0) return renewLeases(as('a'), i % 2 ? leases : leases.toReversed(), LEASE_MS);
      return inTransaction((client) => moveProgress(client, 'intake', 'a', i % 2 ? moves : moves.toReversed()));
    });
    await expect(Promise.all(work)).resolves.toHaveLength(60);
  });

  it('keeps a dead letter as it came, once, with a reason that can be stored', async () => {
    const letter = {
      topic: 'events',
      partition: 0,
      offset: 3,
      key: null,
      value: Buffer.from([0, 255, 92, 34]),
      reason: 'bad: \u0000\ud800',
    };
    const other = { ...letter, offset: 1, key: Buffer.from('k'), value: null, reason: 'x'.repeat(5_000) };
    await inTransaction((client) => insertDeadLetters(client, 'intake', [letter, other]));
    await inTransaction((client) => insertDeadLetters(client, 'intake', [{ ...letter, reason: 'later' }]));
    const { rows } = await pool.query('select message_offset::int, key, value, reason from intake.dead_letter order by message_offset');
    expect(rows).toEqual([
      { message_offset: 1, key: Buffer.from('k'), value: null, reason: 'x'.repeat(2_000) },
      { message_offset: 3, key: null, value: letter.value, reason: 'bad: \uFFFD\uFFFD' },
    ]);
  });
});
