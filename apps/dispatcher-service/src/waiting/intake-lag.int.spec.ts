import { EventStream, provisionTopics, Publisher } from '@ringback/event-stream';
import { freshDatabase, HeldClock, randomTopicPrefix, testBrokers, type TestDatabase } from '@ringback/testbed';
import pg from 'pg';
import { pino } from 'pino';
import { migrateDispatcher } from '../migrations.js';
import { IntakeLag } from './intake-lag.js';

const logger = pino({ level: 'silent' });

describe('the lag of the intake', () => {
  let database: TestDatabase;
  let pool: pg.Pool;
  let topic: string;
  const clock = new HeldClock(0);
  const streamTo = (brokers: string[]) => new EventStream({ brokers, clientId: 'spec', logger });

  beforeAll(async () => {
    database = await freshDatabase();
    await migrateDispatcher(database.url);
    pool = new pg.Pool({ connectionString: database.url, max: 2 });
    pool.on('error', () => undefined);
    const prefix = randomTopicPrefix();
    topic = `${prefix}events`;
    const stream = streamTo(testBrokers());
    await provisionTopics(stream, [{ name: 'events', partitions: 1, config: {} }], { prefix });
    const publisher = new Publisher(stream);
    await publisher.send(Array.from({ length: 7 }, () => ({ topic, key: 'a', value: Buffer.from('x') })));
    await publisher.close();
  });
  afterAll(async () => {
    await pool.end();
    await database.drop();
  });

  const recordedTo = (nextOffset: number, leaseMs: number) =>
    pool.query(
      `insert into dispatcher.intake_progress (topic, partition, next_offset, owner, epoch, lease_until)
       values ($1, 0, $2, 'dispatcher-1', 1, now() + $3 * interval '1 millisecond')
       on conflict (topic, partition) do update set next_offset = excluded.next_offset, lease_until = excluded.lease_until`,
      [topic, nextOffset, leaseMs],
    );

  it('is what is published and not recorded, and says who works each partition', async () => {
    const read = () => new IntakeLag({ stream: streamTo(testBrokers()), pool, topic }).read();
    expect(await read()).toEqual({ events: 7, partitions: [{ partition: 0, nextOffset: 0, endOffset: 7, owner: null }] });
    await recordedTo(4, 60_000);
    expect(await read()).toEqual({ events: 3, partitions: [{ partition: 0, nextOffset: 4, endOffset: 7, owner: 'dispatcher-1' }] });
    await recordedTo(7, -1);
    expect(await read()).toEqual({ events: 0, partitions: [{ partition: 0, nextOffset: 7, endOffset: 7, owner: null }] });
  });

  it('is asked for once a second, however many want to know', async () => {
    await recordedTo(1, -1);
    const lag = new IntakeLag({ stream: streamTo(testBrokers()), pool, topic, monotonic: clock.now });
    const answers = await Promise.all([lag.read(), lag.read(), lag.read()]);
    expect(answers.map((answer) => answer!.events)).toEqual([6, 6, 6]);
    await recordedTo(2, -1);
    clock.advance(999);
    expect((await lag.read())!.events).toBe(6);
    clock.advance(1);
    expect((await lag.read())!.events).toBe(5);
  });

  it('is unknown while Kafka is away', async () => {
    expect(await new IntakeLag({ stream: streamTo(['127.0.0.1:1']), pool, topic }).read()).toBeNull();
  });
});
