import { createServer, type AddressInfo } from 'node:net';
import { randomTopicPrefix, testBrokers } from '@ringback/testbed';
import { endOffsets } from './end-offsets.js';
import { EventStream } from './kafka.js';
import { partitionOf } from './partition-of.js';
import { Publisher } from './publisher.js';
import { NotingLogger } from './testing/outbox-room.js';
import { provisionTopics } from './topic-provisioning.js';

const streamTo = (brokers: string[]) => new EventStream({ brokers, clientId: 'spec', logger: new NotingLogger() });

describe('the end offsets of a topic', () => {
  it('are those of the records that come next, of every partition', async () => {
    const stream = streamTo(testBrokers());
    const prefix = randomTopicPrefix();
    await provisionTopics(stream, [{ name: 'events', partitions: 3, config: {} }], { prefix });
    const topic = `${prefix}events`;
    expect([...(await endOffsets(stream, topic, { timeoutMs: 5_000 }))].toSorted()).toEqual([
      [0, 0],
      [1, 0],
      [2, 0],
    ]);
    const publisher = new Publisher(stream);
    await publisher.send(Array.from({ length: 7 }, (_, index) => ({ topic, key: String(index), value: Buffer.from('x') })));
    await publisher.close();
    const ends = await endOffsets(stream, topic, { timeoutMs: 5_000 });
    expect([...ends.values()].reduce((sum, end) => sum + end, 0)).toBe(7);
  });

  it('move in the partition that a key is said to have', async () => {
    const stream = streamTo(testBrokers());
    const prefix = randomTopicPrefix();
    await provisionTopics(stream, [{ name: 'events', partitions: 5, config: {} }], { prefix });
    const topic = `${prefix}events`;
    const publisher = new Publisher(stream);
    const expected = new Map(Array.from({ length: 5 }, (_, partition) => [partition, 0]));
    for (const key of ['01941f29-7c00-7a3e-9f10-5c2d8e41b6a7', 'a', 'ä', '7:T-1', 'another']) {
      await publisher.send([{ topic, key, value: Buffer.from('x') }]);
      const partition = partitionOf(key, 5);
      expected.set(partition, expected.get(partition)! + 1);
      expect(new Map(await endOffsets(stream, topic, { timeoutMs: 5_000 }))).toEqual(expected);
    }
    await publisher.close();
  });

  it('are asked for no longer than told, where Kafka is away and where it says nothing', async () => {
    await expect(endOffsets(streamTo(['127.0.0.1:1']), 'events', { timeoutMs: 1_000 })).rejects.toMatchObject({
      code: 'KAFKA_UNAVAILABLE',
    });
    const silent = createServer((socket) => socket.on('error', () => undefined).resume());
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    const { port } = silent.address() as AddressInfo;
    const startedAt = performance.now();
    await expect(endOffsets(streamTo([`127.0.0.1:${port}`]), 'events', { timeoutMs: 300 })).rejects.toMatchObject({
      code: 'KAFKA_UNAVAILABLE',
    });
    expect(performance.now() - startedAt).toBeLessThan(2_000);
    await new Promise((resolve) => silent.close(resolve));
  });
});
