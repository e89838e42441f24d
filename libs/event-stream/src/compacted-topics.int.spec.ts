import { eventually } from '@ringback/testbed';
import { type Admin, ConfigResourceTypes } from 'kafkajs';
import type { EventStreamError } from './event-stream-error.js';
import { PartitionConnection } from './partition-connection.js';
import { OutboxRoom } from './testing/outbox-room.js';

/** Every append after this long begins a new segment, and the cleaner takes all but the newest. */
const CLEANED_SOON = { 'cleanup.policy': 'compact', 'segment.ms': '50', 'min.cleanable.dirty.ratio': '0.01', 'delete.retention.ms': '0' };

let room: OutboxRoom;
afterEach(() => room.close());

/** Sends each record in a batch and a segment of its own. */
async function sendApart(records: readonly { key: string; value: string | null }[], { idempotent = false } = {}): Promise<void> {
  const client = room.stream.client();
  const producer = client.kafka.producer({ idempotent, retry: { retries: 5 }, allowAutoTopicCreation: false });
  await producer.connect();
  for (const record of records) {
    await producer.send({ topic: room.topic, messages: [record] });
    await new Promise((resolve) => setTimeout(resolve, 60));
  }
  await producer.disconnect();
}

/** What Kafka answers to a fetch at this offset. */
async function look(offset: number) {
  const connection = await PartitionConnection.open(room.stream, room.topic, 5_000);
  try {
    const answer = await connection.fetch({ offset, maxBytes: 1_000_000, maxWaitMs: 100 });
    if (answer === 'out-of-range') throw new Error('out of range');
    return answer;
  } finally {
    connection.close();
  }
}

const keys = (records: readonly { key: string; offset: number }[]) => records.map(({ key, offset }) => `${offset}:${key}`);

describe('a compacted topic', () => {
  it('is read over batches that compaction emptied, where kafkajs stalls (kafkajs#1072)', async () => {
    // Two such records fill a segment, so each begins a new one, and what is left of each stays a segment of its own.
    const big = (text: string) => text.repeat(700_000);
    const config = { 'cleanup.policy': 'compact', 'segment.bytes': '1048576' };
    room = await OutboxRoom.open({ config: { ...config, 'min.cleanable.dirty.ratio': '1' } });
    // An idempotent producer's last batch is kept, emptied, so that its sequence numbers are not forgotten.
    await sendApart([{ key: 'a', value: big('o') }], { idempotent: true });
    await sendApart([
      { key: 'a', value: big('n') },
      { key: 'b', value: big('n') },
      { key: 'c', value: big('n') },
    ]);
    // Now, and so all at once: a second pass would put the segments together.
    await configure({ ...config, 'min.cleanable.dirty.ratio': '0.01' });
    await eventually(async () => (await look(0)).records.length === 0, { timeoutMs: 30_000, intervalMs: 200 });
    expect(await look(0)).toEqual({ records: [], afterLastBatch: 1, endOffset: 4 });

    const { reader, records } = room.reader();
    await reader.start();
    expect(keys(records)).toEqual(['1:a', '2:b', '3:c']);
    expect(reader.position).toBe(4);
  });

  it('is read over holes that compaction and dropped tombstones left', async () => {
    room = await OutboxRoom.open({ config: CLEANED_SOON });
    const gone = Array.from({ length: 5 }, (_, n) => `gone${n}`);
    await sendApart([
      { key: 'kept', value: 'x' },
      ...gone.map((key) => ({ key, value: 'x' })),
      ...gone.map((key) => ({ key, value: null })),
    ]);
    await eventually(
      async () => {
        await sendApart([{ key: 'roll', value: 'x' }]);
        return !(await room.published()).some((line) => line.startsWith('gone'));
      },
      { timeoutMs: 30_000 },
    );
    const { reader, records } = room.reader();
    await reader.start();
    expect([...new Set(records.map(({ key }) => key))]).toEqual(['kept', 'roll']);
    expect(reader.position).toBeGreaterThan(11);
    // It follows from there as from anywhere.
    await sendApart([{ key: 'next', value: 'x' }]);
    expect(await reader.catchUp({ timeoutMs: 5_000, questionTimeoutMs: 2_000 })).toBe('fresh');
    expect(records.at(-1)!.key).toBe('next');
  });

  it('is read to its end although the last offsets hold no record', async () => {
    room = await OutboxRoom.open({ config: { 'cleanup.policy': 'compact' } });
    const client = room.stream.client();
    const producer = client.kafka.producer({
      transactionalId: room.topic,
      idempotent: true,
      maxInFlightRequests: 1,
      retry: { retries: 8 },
    });
    await producer.connect();
    // The first transaction of a broker has it make a topic for them.
    const transaction = await eventually(() => producer.transaction(), { timeoutMs: 30_000 });
    await transaction.send({ topic: room.topic, messages: [{ key: 'a', value: 'x' }] });
    await transaction.commit();
    // Offset 0 is the record, offset 1 the marker of the commit, which Kafka writes a moment later.
    await eventually(async () => (await look(0)).endOffset === 2);
    const { reader, records } = room.reader();
    await reader.start();
    expect(keys(records)).toEqual(['0:a']);
    expect(reader.position).toBe(2);
    expect(await reader.catchUp({ timeoutMs: 2_000, questionTimeoutMs: 2_000 })).toBe('fresh');
    await producer.disconnect();
    client.cutOff();
  });

  it('that was emptied of all its records is read to its end', async () => {
    room = await OutboxRoom.open({ config: { 'cleanup.policy': 'delete' } });
    await sendApart([
      { key: 'a', value: 'x' },
      { key: 'b', value: 'x' },
    ]);
    await deleteRecords(2);
    const { reader, records } = room.reader();
    await reader.start();
    expect([records, reader.position]).toEqual([[], 2]);
    await sendApart([{ key: 'c', value: 'x' }]);
    expect(await reader.catchUp({ timeoutMs: 5_000, questionTimeoutMs: 2_000 })).toBe('fresh');
    expect(keys(records)).toEqual(['2:c']);
  });

  it('begun anew below what was read of it is fatal, and says so', async () => {
    room = await OutboxRoom.open();
    await sendApart([
      { key: 'a', value: 'x' },
      { key: 'b', value: 'x' },
    ]);
    const { reader, fatal } = room.reader();
    await reader.start();
    await asAdmin(async (admin) => {
      await admin.deleteTopics({ topics: [room.topic] });
      await eventually(async () => !(await admin.listTopics()).includes(room.topic));
    });
    await room.createTopic(room.topic);
    await eventually(() => fatal.length > 0, { timeoutMs: 20_000 });
    expect((fatal[0] as EventStreamError).code).toBe('TOPIC_BEGUN_ANEW');
    expect(fatal[0]!.message).toContain('was read to 2, but now holds 0 to 0');
    await expect(reader.catchUp({ timeoutMs: 100, questionTimeoutMs: 100 })).rejects.toBe(fatal[0]);
  });
});

async function deleteRecords(before: number): Promise<void> {
  await asAdmin(async (admin) => {
    // Makes the client look up the topic, which the deletion needs.
    await admin.fetchTopicOffsets(room.topic);
    await admin.deleteTopicRecords({ topic: room.topic, partitions: [{ partition: 0, offset: String(before) }] });
  });
}

async function configure(config: Record<string, string>): Promise<void> {
  const configEntries = Object.entries(config).map(([name, value]) => ({ name, value }));
  const resources = [{ type: ConfigResourceTypes.TOPIC, name: room.topic, configEntries }];
  await asAdmin((admin) => admin.alterConfigs({ validateOnly: false, resources }));
}

async function asAdmin(work: (admin: Admin) => Promise<unknown>): Promise<void> {
  const client = room.stream.client();
  const admin = client.kafka.admin();
  await admin.connect();
  await work(admin);
  await admin.disconnect();
  client.cutOff();
}
