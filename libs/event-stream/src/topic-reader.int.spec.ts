import { eventually } from '@ringback/testbed';
import { EventStreamError } from './event-stream-error.js';
import { EventStream, type KafkaClient } from './kafka.js';
import { OutboxRoom } from './testing/outbox-room.js';

let room: OutboxRoom;
beforeEach(async () => {
  room = await OutboxRoom.open();
});
afterEach(() => room.close());

const send = (...keys: string[]) => room.publisher().send(keys.map((key) => ({ topic: room.topic, key, value: Buffer.from(`of ${key}`) })));
const CATCH_UP = { timeoutMs: 10_000, questionTimeoutMs: 2_000 };

describe('topic reader', () => {
  it('has read all there was when it starts, and follows from there', async () => {
    await send('a', 'b');
    const { reader, records } = room.reader();
    const startedAt = performance.now();
    await reader.start();
    expect(performance.now() - startedAt).toBeLessThan(2_000);
    expect(records.map(({ key, value, offset }) => [offset, key, String(value)])).toEqual([
      [0, 'a', 'of a'],
      [1, 'b', 'of b'],
    ]);
    expect(Math.abs(records[0]!.timestampMs - Date.now())).toBeLessThan(60_000);
    expect(reader.position).toBe(2);
    await send('c');
    await eventually(() => records.length === 3);
    expect(reader.position).toBe(3);
  });

  it('is ready at once for a topic that is empty', async () => {
    const { reader } = room.reader();
    await reader.start();
    expect(reader.position).toBe(0);
    expect(await reader.catchUp(CATCH_UP)).toBe('fresh');
  });

  it('waits for a topic that does not exist yet', async () => {
    const topic = `${room.topic}.later`;
    const { reader, records } = room.reader({ topic });
    const started = reader.start();
    await eventually(() => room.logger.messages('warn').some((message) => message.includes('cannot be read now')));
    await room.createTopic(topic);
    await started;
    await room.publisher().send([{ topic, key: 'a', value: null }]);
    await eventually(() => records.length === 1);
    expect(records[0]!.value).toBeNull();
  });

  it('catches up with whatever was acknowledged before the call', async () => {
    const { reader, records } = room.reader();
    await reader.start();
    for (let n = 1; n <= 200; n++) {
      await send(`k${n}`);
      const calls = await Promise.all([reader.catchUp(CATCH_UP), reader.catchUp(CATCH_UP), reader.catchUp(CATCH_UP)]);
      expect([calls, records.length]).toEqual([['fresh', 'fresh', 'fresh'], n]);
    }
  });

  it('says that it is behind when reading takes too long', async () => {
    const clients: KafkaClient[] = [];
    const stream = new EventStream({ brokers: room.brokers, clientId: 'spec', logger: room.logger });
    const open = stream.client.bind(stream);
    let isHeld = false;
    stream.client = (options) => {
      if (isHeld) throw new EventStreamError('KAFKA_UNAVAILABLE', 'held');
      clients.push(open(options));
      return clients.at(-1)!;
    };
    const { reader } = room.reader({ stream });
    await reader.start();
    // The first reads, the second asks for the end offset.
    expect(clients).toHaveLength(2);
    isHeld = true;
    clients[0]!.cutOff();
    await send('a', 'b', 'c');
    expect(await reader.catchUp({ timeoutMs: 200, questionTimeoutMs: 5_000 })).toBe('behind');
    const late = reader.catchUp(CATCH_UP);
    isHeld = false;
    expect(await late).toBe('fresh');
    expect(reader.position).toBe(3);
  });

  it('is broken for good by a handler that throws, and says so', async () => {
    await send('a', 'bad', 'c');
    const seen: string[] = [];
    const { reader, fatal } = room.reader({
      onRecord: ({ key }) => {
        if (key === 'bad') throw new TypeError('cannot read this');
        seen.push(key);
      },
    });
    await expect(reader.start()).rejects.toMatchObject({ code: 'RECORD_HANDLER_FAILED', cause: new TypeError('cannot read this') });
    expect(seen).toEqual(['a']);
    expect(fatal.map((error) => (error as EventStreamError).code)).toEqual(['RECORD_HANDLER_FAILED']);
    expect(reader.position).toBe(1);
    await expect(reader.catchUp(CATCH_UP)).rejects.toThrow('the record at 1');
  });

  it('refuses a topic of several partitions', async () => {
    const topic = `${room.topic}.wide`;
    await room.createTopic(topic, {}, 3);
    const { reader, fatal } = room.reader({ topic });
    await expect(reader.start()).rejects.toMatchObject({ code: 'TOPIC_MISMATCH' });
    expect(fatal).toHaveLength(1);
  });

  it('says at once that Kafka is unreachable where nothing listens, and ends its start when stopped', async () => {
    const stream = new EventStream({ brokers: ['127.0.0.1:1'], clientId: 'spec', logger: room.logger });
    const { reader } = room.reader({ stream });
    const started = reader.start();
    const askedAt = performance.now();
    expect(await reader.catchUp(CATCH_UP)).toBe('unreachable');
    expect(performance.now() - askedAt).toBeLessThan(1_500);
    await reader.stop();
    await expect(started).rejects.toMatchObject({ code: 'STOPPED' });
  });
});
