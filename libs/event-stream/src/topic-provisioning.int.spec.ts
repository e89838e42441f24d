import { randomTopicPrefix, testBrokers } from '@ringback/testbed';
import { TOPICS } from '@ringback/contracts';
import { type Admin, ConfigResourceTypes } from 'kafkajs';
import { EventStream } from './kafka.js';
import { NotingLogger } from './testing/outbox-room.js';
import { provisionTopics } from './topic-provisioning.js';

const setUp = () => {
  const logger = new NotingLogger();
  const stream = new EventStream({ brokers: testBrokers(), clientId: 'spec', logger });
  return { logger, stream, prefix: randomTopicPrefix() };
};

async function asAdmin<T>(stream: EventStream, work: (admin: Admin) => Promise<T>): Promise<T> {
  const client = stream.client();
  const admin = client.kafka.admin();
  try {
    await admin.connect();
    return await work(admin);
  } finally {
    client.cutOff();
  }
}

const configOf = (stream: EventStream, name: string) =>
  asAdmin(stream, async (admin) => {
    const { resources } = await admin.describeConfigs({ includeSynonyms: false, resources: [{ type: ConfigResourceTypes.TOPIC, name }] });
    return Object.fromEntries(resources[0]!.configEntries.map(({ configName, configValue }) => [configName, configValue]));
  });

describe('provisioning topics', () => {
  it('creates every topic of ours as it is defined, also when several processes do it at once', async () => {
    const { stream, prefix, logger } = setUp();
    const topics = Object.values(TOPICS);
    await Promise.all([1, 2, 3].map(() => provisionTopics(stream, topics, { prefix })));
    await provisionTopics(stream, topics, { prefix });
    const { topics: found } = await asAdmin(stream, (admin) =>
      admin.fetchTopicMetadata({ topics: topics.map(({ name }) => prefix + name) }),
    );
    expect(Object.fromEntries(found.map(({ name, partitions }) => [name.slice(prefix.length), partitions.length]))).toEqual(
      Object.fromEntries(topics.map(({ name, partitions }) => [name, partitions])),
    );
    for (const { name, config } of topics) expect(await configOf(stream, prefix + name)).toMatchObject(config);
    expect(logger.messages('warn').filter((message) => !message.startsWith('kafkajs'))).toEqual([]);
  });

  it('lets overrides go first, and leaves a topic that exists as it is, with a warning', async () => {
    const { stream, prefix, logger } = setUp();
    const topic = { name: 'changes', partitions: 2, config: { 'segment.ms': '1000' } };
    await provisionTopics(stream, [topic], { prefix, configOverrides: { changes: { 'segment.ms': '500' } } });
    await provisionTopics(stream, [{ ...topic, partitions: 3 }], { prefix });
    expect((await configOf(stream, `${prefix}changes`))['segment.ms']).toBe('500');
    expect(
      logger.lines.filter(({ level, message }) => level === 'warn' && !message.startsWith('kafkajs')).map(({ fields }) => fields),
    ).toEqual([{ topic: `${prefix}changes`, different: ['segment.ms is 500, not 1000', 'it has 2 partitions, not 3'] }]);
  });

  it('asks for as many copies in sync as it is told, and says what to do where a topic that exists has fewer', async () => {
    const { stream, prefix, logger } = setUp();
    const topic = { name: 'kept', partitions: 1, config: {} };
    await provisionTopics(stream, [topic], { prefix, minInsyncReplicas: 1 });
    expect((await configOf(stream, `${prefix}kept`))['min.insync.replicas']).toBe('1');
    await provisionTopics(stream, [topic], { prefix, replicationFactor: 3, minInsyncReplicas: 2 });
    const warning = logger.lines.find(({ message }) => message.startsWith('a topic keeps fewer copies'))!;
    expect(warning).toMatchObject({
      level: 'warn',
      message: expect.stringContaining('kafka-reassign-partitions.sh'),
      fields: { topic: `${prefix}kept`, different: ['min.insync.replicas is 1, not 2', 'it has 1 copies of each record, not 3'] },
    });
  });

  it('refuses a topic of several partitions where one is needed, and a definition that Kafka refuses', async () => {
    const { stream, prefix } = setUp();
    await provisionTopics(stream, [{ name: 'wide', partitions: 2, config: {} }], { prefix });
    await expect(provisionTopics(stream, [{ name: 'wide', partitions: 1, config: {} }], { prefix })).rejects.toMatchObject({
      code: 'TOPIC_MISMATCH',
    });
    await expect(
      provisionTopics(stream, [{ name: 'odd', partitions: 1, config: { 'cleanup.policy': 'nonsense' } }], { prefix }),
    ).rejects.toMatchObject({
      code: 'TOPIC_REFUSED',
    });
  });

  it('keeps trying while Kafka is away, until it is told to stop', async () => {
    const { logger, prefix } = setUp();
    const stream = new EventStream({ brokers: ['127.0.0.1:1'], clientId: 'spec', logger });
    const stop = new AbortController();
    const provisioning = provisionTopics(stream, Object.values(TOPICS), { prefix, signal: stop.signal });
    const outcome = expect(provisioning).rejects.toMatchObject({ code: 'KAFKA_UNAVAILABLE' });
    stop.abort();
    await outcome;
    expect(logger.messages('warn').length).toBeGreaterThan(0);
  });
});
