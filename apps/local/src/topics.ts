import { TOPICS } from '@ringback/contracts';
import { EventStream, provisionTopics } from '@ringback/event-stream';
import { createLogger, kafkaConfigShape, kafkaConnection, loadConfig } from '@ringback/service-runtime';

/**
 * `node dist/topics.js provision`: creates the topics that are missing. `remove`: removes every topic with the prefix;
 * refused without one, since that would be everything. Settings: KAFKA_…, TOPIC_PREFIX, TOPIC_CONFIG (JSON: topic name without prefix → its configuration).
 */
const PROVISION_TIMEOUT_MS = 60_000;

const [command] = process.argv.slice(2);
const prefix = process.env['TOPIC_PREFIX'] ?? '';
const stream = new EventStream({
  ...kafkaConnection(loadConfig(kafkaConfigShape, process.env)),
  clientId: 'ringback-topics',
  logger: createLogger('topics', 'error'),
});

switch (command) {
  case 'provision':
    await provisionTopics(stream, Object.values(TOPICS), {
      prefix,
      configOverrides: JSON.parse(process.env['TOPIC_CONFIG'] || '{}') as Record<string, Record<string, string>>,
      signal: AbortSignal.timeout(PROVISION_TIMEOUT_MS),
    });
    break;
  case 'remove':
    await removeAll();
    break;
  default:
    console.error('usage: topics.js provision | remove');
    process.exitCode = 2;
}

async function removeAll(): Promise<void> {
  if (prefix === '') throw new Error('TOPIC_PREFIX is empty: that would remove every topic');
  const client = stream.client({ requestTimeoutMs: 15_000 });
  const admin = client.kafka.admin();
  try {
    await admin.connect();
    const topics = (await admin.listTopics()).filter((topic) => topic.startsWith(prefix));
    if (topics.length > 0) await admin.deleteTopics({ topics });
    await admin.disconnect();
  } finally {
    client.cutOff();
  }
}
