import { type OrderedBatch, OrderedBatchWorker } from './ordered-batch-worker.js';
import { deadLetter, ok } from './outcome.js';
import { type Instance, IntakeRoom, SCHEMA } from './testing/intake-room.js';

describe('ordered batches on a topic', () => {
  let room: IntakeRoom;
  afterEach(() => room.close());

  /** Writes each message into a table; odd ones are dead letters. Every third commit fails after the work was done. */
  function working(instance: Instance) {
    let calls = 0;
    return new OrderedBatchWorker({
      schema: SCHEMA,
      instanceId: instance.name,
      logger: instance.stream.logger,
      onFatal: (error) => instance.fatal.push(error),
      isTransient: (error) => error instanceof Error && error.message === 'lost connection',
      maxBatchMessages: 7,
      handle: (batch) => inTransaction(instance, batch, ++calls % 3 === 0),
    });
  }

  async function inTransaction(instance: Instance, batch: OrderedBatch, fails: boolean): Promise<void> {
    const client = await instance.pool.connect();
    try {
      await client.query('begin');
      const values = batch.messages.map(({ value }) => Number(value));
      await client.query('insert into worked select unnest($1::int[])', [values.filter((value) => value % 2 === 0)]);
      await batch.record(
        client,
        values.map((value) => (value % 2 === 0 ? ok : deadLetter(`odd: ${value}`))),
      );
      if (fails) throw new Error('lost connection');
      await client.query('commit');
    } catch (error) {
      await client.query('rollback');
      throw error;
    } finally {
      client.release();
    }
  }

  it('every message takes effect exactly once, through failed commits and hand-overs', async () => {
    room = await IntakeRoom.open({ partitions: 4 });
    const [a, b] = [room.instance('a'), room.instance('b')];
    await a.pool.query('create table worked (value int not null)');
    const first = room.consumer(a, working(a));
    await first.start();
    await room.publish(0, 200);
    const second = room.consumer(b, working(b));
    await second.start();
    await room.publish(200, 200);
    await room.until(() => second.health().partitions.filter(({ state }) => state === 'live').length === 2);
    await first.stop();
    await room.publish(400, 200);
    await room.until(async () => (await room.progress()).reduce((sum, next) => sum + next, 0) === 600, 30_000);
    const { rows } = await b.pool.query('select value from worked order by value');
    expect(rows.map((row: { value: number }) => row.value)).toEqual(Array.from({ length: 300 }, (_, i) => 2 * i));
    const letters = await b.pool.query(`select convert_from(value, 'UTF8')::int as value, reason from intake.dead_letter order by 1`);
    expect(letters.rows).toEqual(Array.from({ length: 300 }, (_, i) => ({ value: 2 * i + 1, reason: `odd: ${2 * i + 1}` })));
    expect([...a.fatal, ...b.fatal]).toEqual([]);
  });
});
