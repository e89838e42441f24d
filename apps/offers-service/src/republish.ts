import { TOPICS, topicName } from '@ringback/contracts';
import { EventStream, provisionTopics, Publisher } from '@ringback/event-stream';
import { ConfigError, createLogger, kafkaConnection } from '@ringback/service-runtime';
import { republishVersions } from './changes/republish-versions.js';
import { readRepublishConfig } from './config.js';
import { connectDatabase, createDataSource } from './database.js';

/** How long Kafka may take to make the topic, in ms. */
const TOPIC_TIMEOUT_MS = 60_000;
/** EX_CONFIG of sysexits.h. */
const WRONG_SETTINGS = 78;

/** `npm run republish`: writes `offers.configurations` anew from the database, after the topic was lost (docs/runbook.md). */
async function republish(): Promise<void> {
  const config = readRepublishConfig();
  const logger = createLogger('republish', 'error');
  const stream = new EventStream({ ...kafkaConnection(config), clientId: 'republish', logger });
  await provisionTopics(stream, [TOPICS.offersConfigurations], {
    prefix: config.TOPIC_PREFIX,
    replicationFactor: config.KAFKA_REPLICATION_FACTOR,
    minInsyncReplicas: config.KAFKA_MIN_INSYNC_REPLICAS,
    signal: AbortSignal.timeout(TOPIC_TIMEOUT_MS),
  });
  const publisher = new Publisher(stream);
  const dataSource = createDataSource(config.DATABASE_URL, logger);
  await connectDatabase(dataSource);
  try {
    const topic = topicName(TOPICS.offersConfigurations, config.TOPIC_PREFIX);
    const sent = await republishVersions(dataSource, publisher, topic);
    process.stdout.write(`${sent} versions were written to ${topic}\n`);
  } finally {
    await Promise.all([publisher.close(), dataSource.destroy()]);
  }
}

try {
  await republish();
} catch (error) {
  if (!(error instanceof ConfigError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = WRONG_SETTINGS;
}
