import { TOPICS, topicName, type TopicDefinition } from '@ringback/contracts';
import {
  DeadLetterArchive,
  EventStream,
  EventStreamStrategy,
  intakeHealth,
  showDeadLetters,
  showIntake,
  showOutbox,
  OrderedBatchWorker,
  provisionTopics,
  Publisher,
  startOutbox,
  TopicReader,
} from '@ringback/event-stream';
import {
  createHttpApp,
  createPool,
  kafkaConnection,
  type Lifecycle,
  JobWatch,
  topicProvision,
  waiting,
  startTracing,
} from '@ringback/service-runtime';
import { setTimeout as pause } from 'node:timers/promises';
import { ApiKeyCallers } from './access/api-key-callers.js';
import { takeCommands } from './commands/take-commands.js';
import { waitingCommandsTask } from './commands/waiting-commands.js';
import type { ConversionsConfig } from './config.js';
import { ConfigurationDeadLetters } from './configuration/configuration-dead-letters.js';
import { ConfigurationFeed } from './configuration/configuration-feed.js';
import { ConversionsServiceModule, SERVICE_NAME } from './conversions-service.module.js';
import { expiredKeysTask } from './ledger/expired-keys.js';
import { oldConversionsTask, oldPersonalDataTask } from './ledger/old-conversions.js';
import { isTransient } from './ledger/is-transient.js';
import type { LedgerContext } from './ledger/ledger-context.js';
import { SCHEMA } from './ledger/ledger.store.js';
import { UuidV7Source } from './ledger/uuid-v7-source.js';

/** 1,000 items of a batch, each with long fields. */
const BODY_LIMIT_BYTES = 16 * 1024 * 1024;
/** How long the start waits for the configuration, in ms. */
const FIRST_READ_MS = 10_000;

export interface ConversionsServiceOptions {
  readonly config: ConversionsConfig;
  /** Ms since the epoch: every time that is recorded, and what waits and expires. */
  readonly now?: () => number;
}

type Life = Pick<Lifecycle, 'logger' | 'health' | 'metrics' | 'onStop' | 'fatal'>;

/**
 * Starts the service's parts in order, and tells `life` how to stop each. Neither PostgreSQL nor Kafka need be there: HTTP answers 503
 * until the database is and the configuration was read to its end.
 * @returns the address it listens on, e.g. `http://127.0.0.1:8082`.
 */
export async function startConversionsService(life: Life, { config, now = Date.now }: ConversionsServiceOptions): Promise<string> {
  const { logger, metrics } = life;
  const name = (topic: TopicDefinition): string => topicName(topic, config.TOPIC_PREFIX);
  const tracing = await startTracing(config, SERVICE_NAME, config.INSTANCE_ID);
  life.onStop('traces', () => tracing.stop());
  const stream = new EventStream({ ...kafkaConnection(config), clientId: SERVICE_NAME, logger });

  // Requests and commands share one pool. Leases have another, so that no burst of requests makes this process lose what it works.
  const pool = createPool(config.DATABASE_URL, { max: config.DATABASE_POOL_SIZE, applicationName: SERVICE_NAME, logger, metrics });
  life.onStop('pool', () => pool.end());
  const leasePool = createPool(config.DATABASE_URL, { max: 8, applicationName: `${SERVICE_NAME}-leases`, logger, metrics });
  life.onStop('lease pool', () => leasePool.end());

  const provisioning = new AbortController();
  const provisioned = provision(stream, config, provisioning.signal).catch((error: unknown) => {
    if (!provisioning.signal.aborted) life.fatal(error);
  });
  life.onStop('provisioning', async () => {
    provisioning.abort();
    await provisioned;
  });

  const relay = startOutbox(
    { stream, pool: leasePool, schema: SCHEMA, logger, instanceId: config.INSTANCE_ID, maxRows: config.OUTBOX_MAX_ROWS },
    (name, stop) => life.onStop(name, stop),
  );

  life.health.register('outbox', () => relay.health());

  const configurationTopic = name(TOPICS.offersConfigurations);
  const deadLetters = new ConfigurationDeadLetters(leasePool, configurationTopic, logger);
  life.onStop('dead letters', () => deadLetters.stop());
  const configuration = new ConfigurationFeed({
    reader: (handlers) => new TopicReader({ stream, topic: configurationTopic, logger, ...handlers }),
    deadLetters,
    logger,
    onFatal: (error) => life.fatal(error),
  });
  const apiKeysTopic = name(TOPICS.gatewayApiKeys);
  const apiKeys = new ApiKeyCallers({
    reader: (handlers) => new TopicReader({ stream, topic: apiKeysTopic, logger, ...handlers }),
    onUnreadable: ({ key, offset }, reason) => logger.error({ key, offset, reason }, 'an API key cannot be read: it lets nobody in'),
    onFatal: (error) => life.fatal(error),
    logger,
    now,
    perSecond: config.RATE_LIMIT_PER_KEY,
  });
  // Not before the topics are there: their ends are then what their owners have written by now.
  void provisioned.then(() => {
    if (provisioning.signal.aborted) return;
    configuration.start();
    apiKeys.start();
  });
  life.onStop('configuration', () => Promise.all([configuration.stop(), apiKeys.stop()]));

  const context: LedgerContext = {
    pool,
    topics: { events: name(TOPICS.conversionsEvents), rejections: name(TOPICS.conversionsCommandsRejected) },
    relay,
    configuration,
    tracing,
    ids: new UuidV7Source(),
    now,
  };
  const jobs = new JobWatch(metrics);
  const waitingCommands = waitingCommandsTask(context, logger, jobs);
  const commands = new OrderedBatchWorker({
    schema: SCHEMA,
    instanceId: config.INSTANCE_ID,
    logger,
    isTransient,
    onFatal: (error) => life.fatal(error),
    handle: async (batch) => {
      const { waiting, refused, deadLetters: unreadable } = await takeCommands(context, batch);
      if (waiting > 0) waitingCommands.wake();
      if (refused + unreadable > 0) {
        const { partition } = batch.lease;
        logger.warn({ partition, commands: batch.messages.length, refused, unreadable }, 'commands were refused or could not be read');
      }
    },
  });

  const intake = new EventStreamStrategy({
    stream,
    pool: leasePool,
    schema: SCHEMA,
    instanceId: config.INSTANCE_ID,
    logger,
    onFatal: (error) => life.fatal(error),
    subscriptions: [
      {
        pattern: TOPICS.conversionsCommands.name,
        topic: name(TOPICS.conversionsCommands),
        groupId: `${config.TOPIC_PREFIX}${SERVICE_NAME}`,
        worker: commands,
      },
    ],
  });
  life.health.register('intake', () => intakeHealth(intake));
  let isRead = false;
  const read = Promise.all([configuration.whenRead(), apiKeys.whenRead()]).then(() => (isRead = true));
  life.health.register('configuration', () => waiting(isRead ? null : 'kafka', 'waits for kafka (reading the configuration)'));
  showOutbox(metrics, relay);
  showIntake(metrics, intake);
  showDeadLetters(metrics, { pool: leasePool, schema: SCHEMA });

  const publisher = new Publisher(stream);
  life.onStop('publisher of replays', () => publisher.close());
  const module = ConversionsServiceModule.with({
    context,
    commands,
    deadLetters: new DeadLetterArchive({
      pool,
      schema: SCHEMA,
      service: SERVICE_NAME,
      intakeTopics: [name(TOPICS.conversionsCommands)],
      publisher,
    }),
    apiKeys,
    serviceTokens: { secret: config.SERVICE_TOKEN_SECRET, previousSecret: config.SERVICE_TOKEN_SECRET_PREVIOUS },
  });
  const app = await createHttpApp(module, { logger, health: life.health, metrics, bodyLimitBytes: BODY_LIMIT_BYTES, tracing });
  app.connectMicroservice({ strategy: intake });
  // Ends the intake too: partitions are drained and released.
  life.onStop('http and intake', () => app.close(), { timeoutMs: 20_000 });
  await app.startAllMicroservices();
  await app.listen(config.PORT, config.HOST);

  const { CONVERSION_RETENTION_DAYS: keptDays, PERSONAL_DATA_DAYS: personalDays } = config;
  const tasks = [
    waitingCommands,
    expiredKeysTask(context, logger, jobs),
    ...(keptDays === undefined ? [] : [oldConversionsTask(context, keptDays, logger, jobs)]),
    ...(personalDays === undefined ? [] : [oldPersonalDataTask(context, personalDays, logger, jobs)]),
  ];
  for (const task of tasks) task.start();
  life.onStop('tasks', () => Promise.all(tasks.map((task) => task.stop())));
  // Ready once it can record; without Kafka it is ready all the same, and answers 503.
  await Promise.race([read, pause(FIRST_READ_MS, undefined, { ref: false })]);
  return app.getUrl();
}

/** All that it writes or reads, so that the order in which services first start does not matter. */
function provision(stream: EventStream, config: ConversionsConfig, signal: AbortSignal): Promise<void> {
  const topics = [
    TOPICS.conversionsEvents,
    TOPICS.conversionsCommands,
    TOPICS.conversionsCommandsRejected,
    TOPICS.offersConfigurations,
    TOPICS.gatewayApiKeys,
  ];
  return provisionTopics(stream, topics, {
    ...topicProvision(config),
    signal,
  });
}
