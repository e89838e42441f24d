import { EventStream, type KafkaClient } from './kafka.js';
import { Publisher } from './publisher.js';
import { OutboxRoom } from './testing/outbox-room.js';

let room: OutboxRoom;
beforeEach(async () => {
  room = await OutboxRoom.open();
});
afterEach(() => room.close());

const record = (key: string, value: string | Buffer | null = 'x') => ({
  topic: room.topic,
  key,
  value: typeof value === 'string' ? Buffer.from(value) : value,
});

describe('publisher', () => {
  it('sends to several topics at once, each in the order given, with headers and tombstones', async () => {
    const other = `${room.topic}.other`;
    await room.createTopic(other);
    await room
      .publisher()
      .send([
        record('a', '1'),
        { ...record('b', '2'), topic: other },
        { ...record('a', '3'), headers: { 'content-type': 'text/plain' } },
        record('c', null),
      ]);
    expect(await room.published()).toEqual(['a=1', 'a=3', 'c=']);
    expect(await room.published(other)).toEqual(['b=2']);
  });

  it('says apart what Kafka will never take from what it could not take now', async () => {
    const publisher = room.publisher();
    await expect(publisher.send([record('a', Buffer.alloc(2_000_000))])).rejects.toMatchObject({ code: 'RECORDS_REFUSED' });
    await expect(publisher.send([{ ...record('a'), topic: 'no such topic!' }])).rejects.toMatchObject({ code: 'RECORDS_REFUSED' });
    await expect(publisher.send([{ ...record('a'), topic: `${room.topic}.missing` }])).rejects.toMatchObject({ code: 'KAFKA_UNAVAILABLE' });
    // Neither keeps it from sending the next.
    await publisher.send([record('a')]);
    expect(await room.published()).toEqual(['a=x']);
  });

  it('replaces its producer after any error but a refusal', async () => {
    const clients: KafkaClient[] = [];
    const stream = new EventStream({ brokers: room.brokers, clientId: 'spec', logger: room.logger });
    const open = stream.client.bind(stream);
    stream.client = (options) => {
      clients.push(open(options));
      return clients.at(-1)!;
    };
    const publisher = new Publisher(stream);
    await publisher.send([record('a')]);
    clients[0]!.cutOff();
    await expect(publisher.send([record('b')])).rejects.toMatchObject({ code: 'KAFKA_UNAVAILABLE' });
    await publisher.send([record('b')]);
    expect(clients).toHaveLength(2);
    await publisher.close();
    await expect(publisher.send([record('c')])).rejects.toMatchObject({ code: 'KAFKA_UNAVAILABLE' });
    expect(await room.published()).toEqual(['a=x', 'b=x']);
  });

  it('finds a broker that answers when the first of the list is away', async () => {
    const stream = new EventStream({ brokers: ['127.0.0.1:1', ...room.brokers], clientId: 'spec', logger: room.logger });
    const publisher = new Publisher(stream);
    await expect(publisher.send([record('a')])).rejects.toMatchObject({ code: 'KAFKA_UNAVAILABLE' });
    await publisher.send([record('a')]);
    expect(await room.published()).toEqual(['a=x']);
    await publisher.close();
  });

  it('fails within its bounds where nothing answers', async () => {
    const stream = new EventStream({ brokers: ['127.0.0.1:1'], clientId: 'spec', logger: room.logger });
    const publisher = new Publisher(stream, { requestTimeoutMs: 500 });
    const startedAt = performance.now();
    await expect(publisher.connect()).rejects.toMatchObject({ code: 'KAFKA_UNAVAILABLE' });
    await expect(publisher.send([record('a')])).rejects.toMatchObject({ code: 'KAFKA_UNAVAILABLE' });
    expect(performance.now() - startedAt).toBeLessThan(5_000);
    await publisher.close();
  });
});
