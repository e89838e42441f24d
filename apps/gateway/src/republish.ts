import { setTimeout as pause } from 'node:timers/promises';
import { TOPICS, topicName } from '@ringback/contracts';
import { EventStream, provisionTopics } from '@ringback/event-stream';
import { createLogger, createPool, kafkaConnection, runCommand, topicProvision, type CommandEnd } from '@ringback/service-runtime';
import { readRepublishConfig } from './config.js';
import { republishKeys } from './keys/republish-keys.js';

/** How long Kafka may take to make the topic, in ms. */
const TOPIC_TIMEOUT_MS = 60_000;
/** How long a running gateway's relay may take to publish the keys, in ms. */
const PUBLISH_TIMEOUT_MS = 30_000;
const LOOK_EVERY_MS = 200;

/** `npm run republish`: writes `gateway.api-keys` anew, after the topic was lost (docs/runbook.md). The relay of a gateway publishes. */
async function republish(): Promise<CommandEnd> {
  const config = readRepublishConfig();
  const logger = createLogger('republish', 'error');
  const stream = new EventStream({ ...kafkaConnection(config), clientId: 'republish', logger });
  // Services make their topics when they start: a gateway that runs on would wait for one that was deleted, for ever.
  await provisionTopics(stream, [TOPICS.gatewayApiKeys], { ...topicProvision(config), signal: AbortSignal.timeout(TOPIC_TIMEOUT_MS) });
  const pool = createPool(config.DATABASE_URL, { max: 2, applicationName: 'republish', logger });
  try {
    const ids = await republishKeys(pool, topicName(TOPICS.gatewayApiKeys, config.TOPIC_PREFIX));
    for (const deadline = performance.now() + PUBLISH_TIMEOUT_MS; performance.now() < deadline; await pause(LOOK_EVERY_MS)) {
      const { rowCount } = await pool.query('select from gateway.outbox where id = any($1::bigint[]) limit 1', [ids]);
      if (rowCount === 0) return { line: `${ids.length} API keys are on Kafka, each as its next version` };
    }
    return { line: `${ids.length} API keys wait in the outbox: the next gateway that runs publishes them`, tryAgain: true };
  } finally {
    await pool.end();
  }
}

await runCommand(republish);
