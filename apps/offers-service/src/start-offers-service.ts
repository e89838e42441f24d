import { TOPICS, topicName } from '@ringback/contracts';
import {
  DeadLetterArchive,
  EventStream,
  EventStreamError,
  EventStreamStrategy,
  intakeHealth,
  showDeadLetters,
  showIntake,
  showOutbox,
  OrderedBatchWorker,
  provisionTopics,
  Publisher,
  startOutbox,
} from '@ringback/event-stream';
import {
  createHttpApp,
  createPool,
  isDatabaseAway,
  kafkaConnection,
  type Lifecycle,
  JobWatch,
  startTracing,
  topicProvision,
} from '@ringback/service-runtime';
import { setTimeout as pause } from 'node:timers/promises';
import { isTransient, takeAnnouncements } from './announcements/take-announcements.js';
import { adoptVersions } from './changes/adopt-versions.js';
import { ChangeLog } from './changes/change-log.js';
import { TombstoneClock } from './changes/tombstone-clock.js';
import type { OffersConfig } from './config.js';
import { connectDatabase, createDataSource } from './database.js';
import { DataKeyClock } from './keyring/data-key-clock.js';
import { SecretVault } from './keyring/secret-vault.js';
import { OffersServiceModule, SERVICE_NAME } from './offers-service.module.js';
import { SCHEMA } from './schema.js';

const RETRY_MS = 1_000;
/** What the dispatcher gave up is not sent any more anyway: no hurry to take over from a dead instance, and fewer renewals when idle, in ms. */
const INTAKE_LEASE_MS = 30_000;

export interface OffersServiceOptions {
  readonly config: OffersConfig;
  /** Ms since the epoch: the times of versions and tombstones. */
  readonly now?: () => number;
  /** How long the start waits for PostgreSQL and Kafka, so that a ready service serves; then it goes on without them, in ms. Default 5,000. */
  readonly patienceMs?: number;
}

/**
 * Starts the service's parts in order, and tells `life` how to stop each. Neither PostgreSQL nor Kafka need be there: HTTP answers 503, or
 * 202, until they are.
 * @returns the address it listens on, e.g. `http://127.0.0.1:8081`.
 */
export async function startOffersService(
  life: Lifecycle,
  { config, now = Date.now, patienceMs = 5_000 }: OffersServiceOptions,
): Promise<string> {
  const { logger, metrics } = life;
  const topic = topicName(TOPICS.offersConfigurations, config.TOPIC_PREFIX);
  const tracing = await startTracing(config, SERVICE_NAME, config.INSTANCE_ID);
  life.onStop('traces', () => tracing.stop());
  const stream = new EventStream({ ...kafkaConnection(config), clientId: SERVICE_NAME, logger });
  const stopping = new AbortController();

  // Apart from the requests', so that no burst of them holds up what was changed, or makes this process lose what it works.
  const streamPool = createPool(config.DATABASE_URL, { max: 8, applicationName: 'offers-stream', logger, metrics });
  life.onStop('stream pool', () => streamPool.end());
  const relay = startOutbox(
    { stream, pool: streamPool, schema: SCHEMA, logger, instanceId: config.INSTANCE_ID, maxRows: config.OUTBOX_MAX_ROWS },
    (name, stop) => life.onStop(name, stop),
  );

  life.health.register('outbox', () => relay.health());

  const dataSource = createDataSource(config.DATABASE_URL, logger, metrics);
  // A database that never had a change was not restored: it need not wait for a Kafka that is away.
  const state = { isAdopted: false, isKafkaThere: false, isEmpty: false };
  const isUpToDate = (): boolean => state.isAdopted || (state.isEmpty && !state.isKafkaThere);
  const changes = new ChangeLog({ dataSource, publisher: relay, topic, now, isUpToDate });
  const masterKeys = { current: config.MASTER_KEY, previous: config.MASTER_KEY_PREVIOUS };
  const vault = new SecretVault(dataSource, changes, masterKeys);
  const announcements = new OrderedBatchWorker({
    schema: SCHEMA,
    instanceId: config.INSTANCE_ID,
    logger,
    isTransient,
    onFatal: (error) => life.fatal(error),
    handle: (batch) => takeAnnouncements({ changes, pool: streamPool, logger }, batch),
  });
  const intake = new EventStreamStrategy({
    stream,
    pool: streamPool,
    schema: SCHEMA,
    instanceId: config.INSTANCE_ID,
    logger,
    onFatal: (error) => life.fatal(error),
    sessionTimeoutMs: INTAKE_LEASE_MS,
    subscriptions: [
      {
        pattern: TOPICS.callbacksDeliveries.name,
        topic: topicName(TOPICS.callbacksDeliveries, config.TOPIC_PREFIX),
        groupId: `${config.TOPIC_PREFIX}${SERVICE_NAME}`,
        worker: announcements,
      },
    ],
  });
  life.health.register('intake', () => intakeHealth(intake));
  showOutbox(metrics, relay);
  showIntake(metrics, intake);
  showDeadLetters(metrics, { pool: streamPool, schema: SCHEMA });

  const publisher = new Publisher(stream);
  life.onStop('publisher of replays', () => publisher.close());
  const deadLetters = new DeadLetterArchive({
    pool: streamPool,
    schema: SCHEMA,
    service: SERVICE_NAME,
    intakeTopics: [topicName(TOPICS.callbacksDeliveries, config.TOPIC_PREFIX)],
    publisher,
  });
  const parts = {
    dataSource,
    changes,
    vault,
    announcements,
    deadLetters,
    serviceTokens: { secret: config.SERVICE_TOKEN_SECRET, previousSecret: config.SERVICE_TOKEN_SECRET_PREVIOUS },
  };
  const app = await createHttpApp(OffersServiceModule.with(parts), { logger, health: life.health, metrics, tracing });
  app.connectMicroservice({ strategy: intake });
  life.onStop('http', () => app.close(), { timeoutMs: 15_000 });
  await app.listen(config.PORT, config.HOST);

  const jobs = new JobWatch(metrics);
  const tombstones = new TombstoneClock({ dataSource, publisher: relay, topic, now }, config.TOMBSTONE_INTERVAL_MS, logger, jobs);
  life.onStop('tombstones', () => tombstones.stop());

  const dataKeys = new DataKeyClock({ changes, masterKeys, maxAgeDays: config.DATA_KEY_MAX_AGE_DAYS, now, logger, jobs });
  life.onStop('data keys', () => dataKeys.stop());

  /** Tries until it works; what is not an outage is fatal. */
  const untilDone = async (what: string, work: () => Promise<unknown>, isOutage: (error: unknown) => boolean): Promise<void> => {
    while (!stopping.signal.aborted) {
      try {
        await work();
        return;
      } catch (error) {
        if (stopping.signal.aborted) return;
        if (!isOutage(error)) return life.fatal(error);
        logger.warn({ error }, `${what}: trying again`);
        await pause(RETRY_MS, undefined, { signal: stopping.signal }).catch(() => undefined);
      }
    }
  };
  const provisioned = untilDone('the topics cannot be made', () => provision(stream, config, stopping.signal), isKafkaAway).then(
    () => void (state.isKafkaThere = true),
  );
  const connected = untilDone('the database is away', () => connectDatabase(dataSource), isDatabaseAway).then(() =>
    untilDone(
      'the database is away',
      async () => {
        const [{ current }]: [{ current: string }] = await dataSource.query('select current from offers.revision');
        state.isEmpty = Number(current) === 0;
      },
      isDatabaseAway,
    ),
  );
  const adopted = Promise.all([provisioned, connected])
    .then(() =>
      untilDone(
        'what the topic has cannot be taken in',
        () => adoptVersions({ dataSource, stream, topic, logger, signal: stopping.signal }),
        (error) => isKafkaAway(error) || isDatabaseAway(error),
      ),
    )
    .then(() => void (state.isAdopted = true));
  const background = connected
    .then(() => Promise.race([adopted, ...(state.isEmpty ? [pause(patienceMs, undefined, { ref: false })] : [])]))
    .then(() =>
      untilDone(
        'the keyring cannot be read',
        () => vault.keyring(),
        (error) => isDatabaseAway(error) || !isUpToDate(),
      ),
    )
    .then(() => adopted)
    .then(async () => {
      if (stopping.signal.aborted) return;
      tombstones.start();
      dataKeys.start();
      await app.startAllMicroservices();
    });
  life.onStop('intake', () => intake.close(), { timeoutMs: 15_000 });
  life.onStop('start-up', async () => {
    stopping.abort();
    await background;
  });
  await Promise.race([background, pause(patienceMs, undefined, { ref: false })]);
  return app.getUrl();
}

function isKafkaAway(error: unknown): boolean {
  return error instanceof EventStreamError && error.code === 'KAFKA_UNAVAILABLE';
}

function provision(stream: EventStream, config: OffersConfig, signal: AbortSignal): Promise<void> {
  return provisionTopics(stream, [TOPICS.offersConfigurations, TOPICS.callbacksDeliveries], {
    ...topicProvision(config),
    signal,
  });
}
