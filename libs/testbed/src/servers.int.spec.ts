import { connect } from 'node:net';
import pg from 'pg';
import { eventually } from './eventually.js';
import { databaseUrl, freshDatabase, onServer } from './fresh-database.js';
import { startKafka, type RunningKafka } from './kafka.js';
import { startPostgres, type RunningPostgres } from './postgres.js';
import { testDatabaseServer } from './shared-servers.js';

async function one(url: string, sql: string, timeoutMs = 3_000): Promise<unknown> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: timeoutMs, query_timeout: timeoutMs });
  client.on('error', () => undefined);
  await client.connect();
  try {
    const { rows } = await client.query<Record<string, unknown>>(sql);
    return Object.values(rows[0] ?? {})[0];
  } finally {
    await client.end().catch(() => undefined);
  }
}

describe('a fresh database', () => {
  it('is its own, can be copied from a template, and goes away under open sessions', async () => {
    const first = await freshDatabase();
    await onServer(first.url, (client) => client.query('create table kept (value int); insert into kept values (7)'));
    const copy = await freshDatabase({ template: first.name });
    expect(await one(copy.url, 'select value from kept')).toBe(7);

    const session = new pg.Client({ connectionString: copy.url });
    session.on('error', () => undefined);
    await session.connect();
    await copy.drop();
    await first.drop();
    await expect(one(databaseUrl(testDatabaseServer(), copy.name), 'select 1')).rejects.toThrow(/does not exist/);
  });
});

describe('a PostgreSQL of its own', () => {
  let postgres: RunningPostgres;
  beforeAll(async () => {
    postgres = await startPostgres();
    await onServer(postgres.url, (client) => client.query('create table kept (value int)'));
  });
  afterAll(() => postgres.stop());

  it('answers nothing while paused, and goes on when resumed', async () => {
    postgres.pause();
    await expect(one(postgres.url, 'select 1', 300)).rejects.toThrow(/time/i);
    postgres.resume();
    expect(await one(postgres.url, 'select 1')).toBe(1);
  });

  it('loses nothing that was committed when it is killed, and comes back under the same url', async () => {
    await onServer(postgres.url, (client) => client.query('insert into kept values (42)'));
    await postgres.kill();
    await expect(one(postgres.url, 'select 1')).rejects.toThrow(/ECONNREFUSED/);
    await postgres.restart();
    expect(await one(postgres.url, 'select value from kept')).toBe(42);
  });
});

describe('a Kafka of its own', () => {
  let kafka: RunningKafka;
  beforeAll(async () => {
    kafka = await startKafka();
  });
  afterAll(() => kafka.kill());

  it('comes back on the same port after it was killed', async () => {
    await kafka.kill();
    await expect(accepts(kafka.port)).rejects.toThrow(/ECONNREFUSED/);
    await kafka.restart();
    await eventually(() => accepts(kafka.port));
  });
});

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => {
      socket.destroy();
      resolve(true);
    });
    socket.on('error', reject);
  });
}
