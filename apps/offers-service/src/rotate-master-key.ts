import { setTimeout as pause } from 'node:timers/promises';
import { TOPICS, topicName } from '@ringback/contracts';
import { createLogger, runCommand, type CommandEnd } from '@ringback/service-runtime';
import { ChangeLog } from './changes/change-log.js';
import { readRotationConfig } from './config.js';
import { connectDatabase, createDataSource } from './database.js';
import { rewrapDataKeys } from './keyring/rotate-keyring.js';

/** How long the running service's relay may take to publish the new keyring, in ms. */
const PUBLISH_TIMEOUT_MS = 30_000;
const LOOK_EVERY_MS = 200;

/**
 * `npm run rotate-master-key`: wraps the data keys with MASTER_KEY, given MASTER_KEY_PREVIOUS, while the services run (docs/runbook.md). It
 * writes to the database; the relay of a running offers-service publishes.
 */
async function rotate(): Promise<CommandEnd> {
  const config = readRotationConfig();
  const dataSource = createDataSource(config.DATABASE_URL, createLogger('rotate-master-key', 'error'));
  await connectDatabase(dataSource);
  try {
    const changes = new ChangeLog({
      dataSource,
      publisher: {
        wake: () => undefined, // the relay looks by itself
        isFull: () => false,
        waitUntilPublished: (id) => isPublished(id),
      },
      topic: topicName(TOPICS.offersConfigurations, config.TOPIC_PREFIX),
      now: Date.now,
    });
    const { result, inForce } = await rewrapDataKeys(changes, { current: config.MASTER_KEY, previous: config.MASTER_KEY_PREVIOUS });
    if (result.outcome === 'no-keyring')
      return { line: 'there is no keyring yet: the first start of offers-service makes it with MASTER_KEY' };
    const done = result.outcome === 'rotated' ? 'are wrapped by MASTER_KEY now' : 'were wrapped by MASTER_KEY already';
    if (inForce) return { line: `the data keys ${done}: keyring version ${result.version} is in Kafka` };
    return {
      line: `the data keys ${done}, but keyring version ${result.version} is not in Kafka yet: run this again until it is`,
      tryAgain: true,
    };
  } finally {
    await dataSource.destroy();
  }

  async function isPublished(id: number): Promise<boolean> {
    for (const deadline = performance.now() + PUBLISH_TIMEOUT_MS; performance.now() < deadline; await pause(LOOK_EVERY_MS)) {
      const rows: unknown[] = await dataSource.query('select 1 from offers.outbox where id = $1', [id]);
      if (rows.length === 0) return true;
    }
    return false;
  }
}

await runCommand(rotate);
