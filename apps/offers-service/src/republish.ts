import { TOPICS, topicName } from '@ringback/contracts';
import { EventStream, provisionTopics, Publisher } from '@ringback/event-stream';
import { createLogger, kafkaConnection, runCommand, topicProvision, type CommandEnd } from '@ringback/service-runtime';
import { republishVersions } from './changes/republish-versions.js';
import { readRepublishConfig } from './config.js';
import { connectDatabase, createDataSource } from './database.js';

/** How long Kafka may take to make the topic, in ms. */
const TOPIC_TIMEOUT_MS = 60_000;

/** `npm run republish`: writes `offers.configurations` anew from the database, after the topic was lost (docs/runbook.md). */
async function republish(): Promise<CommandEnd> {
  const config = readRepublishConfig();
  const logger = createLogger('republish', 'error');
  const stream = new EventStream({ ...kafkaConnection(config), clientId: 'republish', logger });
  await provisionTopics(stream, [TOPICS.offersConfigurations], {
    ...topicProvision(config),
    signal: AbortSignal.timeout(TOPIC_TIMEOUT_MS),
  });
  const publisher = new Publisher(stream);
  const dataSource = createDataSource(config.DATABASE_URL, logger);
  await connectDatabase(dataSource);
  try {
    const topic = topicName(TOPICS.offersConfigurations, config.TOPIC_PREFIX);
    return { line: `${await republishVersions(dataSource, publisher, topic)} versions were written to ${topic}` };
  } finally {
    await Promise.all([publisher.close(), dataSource.destroy()]);
  }
}

await runCommand(republish);
