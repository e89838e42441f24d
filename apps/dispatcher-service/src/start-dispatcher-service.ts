import { TOPICS, topicName } from '@ringback/contracts';
import {
  DeadLetterArchive,
  EventStream,
  EventStreamStrategy,
  intakeHealth,
  showDeadLetters,
  showIntake,
  showOutbox,
  provisionTopics,
  Publisher,
  startOutbox,
} from '@ringback/event-stream';
import {
  createHttpApp,
  createPool,
  type HealthReport,
  kafkaConnection,
  type Lifecycle,
  JobWatch,
  waiting,
  startTracing,
  topicProvision,
} from '@ringback/service-runtime';
import { Backlog } from './backlog.js';
import { userAgent, type Config } from './config.js';
import { DeliveryExports } from './delivery-export/delivery-exports.js';
import { AddressCheck } from './delivery/address-check.js';
import { CallbackTests } from './delivery-test/callback-tests.js';
import { Dispatcher } from './dispatcher.js';
import { EventPassing } from './expected/event-passing.js';
import { ExpectedDeliveries } from './expected/expected-deliveries.js';
import { showDispatcher } from './metrics.js';
import { DispatcherServiceModule, SERVICE_NAME } from './dispatcher-service.module.js';
import { EventSource } from './redeliveries/event-source.js';
import { RedeliverOne } from './redeliveries/redeliver-one.js';
import { RedeliveriesStore } from './redeliveries/redeliveries.store.js';
import { PausesStore } from './pauses/pauses.store.js';
import { StatisticsReadModel } from './statistics/statistics.read-model.js';
import { Summing } from './statistics/summing.js';
import { IntakeLag } from './waiting/intake-lag.js';
import { WaitingReadModel } from './waiting/waiting.read-model.js';

const SCHEMA = 'dispatcher';
/** How long the start waits for Kafka and PostgreSQL before it says ready all the same, in ms: HTTP answers 503 until they are there. */
const FIRST_READ_MS = 10_000;
/** The longest request (30 s) and its recording, in ms. */
const LAST_REQUESTS_MS = 35_000;
/** An hour of a hundred thousand callbacks is summed in some ten seconds, in ms. */
const SUMMING_TIMEOUT_MS = 300_000;
/** What is announced may wait for a dead dispatcher's lease to run out, so that an idle one need not look at its outbox every second, in ms. */
const RELAY_LEASE_MS = 15_000;

export interface DispatcherServiceOptions {
  readonly config: Config;
  readonly now?: () => number;
}

type Life = Pick<Lifecycle, 'logger' | 'health' | 'metrics' | 'onStop' | 'fatal'>;

/**
 * Starts the service's parts in order, and tells `life` how to stop each. Neither PostgreSQL nor Kafka need be there: both are waited for.
 * @returns the address it listens on, and the pipeline.
 */
export async function startDispatcherService(
  life: Life,
  options: DispatcherServiceOptions,
): Promise<{ url: string; dispatcher: Dispatcher }> {
  const { logger, metrics } = life;
  const { config, now = Date.now } = options;
  const tracing = await startTracing(config, SERVICE_NAME, config.INSTANCE_ID);
  life.onStop('traces', () => tracing.stop());
  const stream = new EventStream({ ...kafkaConnection(config), clientId: SERVICE_NAME, logger });
  const configurationTopic = topicName(TOPICS.offersConfigurations, config.TOPIC_PREFIX);

  const pool = createPool(config.DATABASE_URL, { max: config.DATABASE_CONNECTIONS, applicationName: SERVICE_NAME, logger, metrics });
  life.onStop('pool', () => pool.end());
  // Leases, of partitions and of the outbox, have a pool of their own, so that nothing that takes long makes this process lose what it works.
  const leasePool = createPool(config.DATABASE_URL, { max: 7, applicationName: `${SERVICE_NAME}-leases`, logger, metrics });
  life.onStop('lease pool', () => leasePool.end());

  // So have the readers of the log: they wait for each other, never the pipeline for them.
  const readPool = createPool(config.DATABASE_URL, { max: 4, applicationName: `${SERVICE_NAME}-reads`, logger, metrics });
  life.onStop('read pool', () => readPool.end());

  // And so has who sums the statistics, who takes long at times.
  const summingPool = createPool(config.DATABASE_URL, {
    max: 2,
    applicationName: `${SERVICE_NAME}-statistics`,
    logger,
    metrics,
    statementTimeoutMs: SUMMING_TIMEOUT_MS,
  });
  life.onStop('summing pool', () => summingPool.end());

  const relay = startOutbox(
    {
      stream,
      pool: leasePool,
      schema: SCHEMA,
      logger,
      instanceId: config.INSTANCE_ID,
      maxRows: config.OUTBOX_MAX_ROWS,
      leaseMs: RELAY_LEASE_MS,
    },
    (name, stop) => life.onStop(name, stop),
  );

  life.health.register('outbox', () => relay.health());

  const events = new EventSource({ url: config.CONVERSIONS_URL, serviceTokenSecret: config.SERVICE_TOKEN_SECRET });
  life.onStop('events', () => events.close());

  const jobs = new JobWatch(metrics);
  const dispatcher = new Dispatcher({
    pool,
    stream,
    configurationTopic,
    announcementTopic: topicName(TOPICS.callbacksDeliveries, config.TOPIC_PREFIX),
    onAnnounced: () => relay.wake(),
    masterKey: config.MASTER_KEY,
    previousMasterKey: config.MASTER_KEY_PREVIOUS,
    instanceId: config.INSTANCE_ID,
    logger,
    userAgent: userAgent(),
    sending: {
      connectTimeoutMs: config.CALLBACK_CONNECT_TIMEOUT_MS,
      check: new AddressCheck({ allowedNetworks: config.CALLBACK_ALLOWED_NETWORKS, allowedPorts: config.CALLBACK_ALLOWED_PORTS }),
    },
    window: { deliveries: config.WINDOW_DELIVERIES, bytes: config.WINDOW_BYTES, destinationShare: config.WINDOW_DESTINATION_SHARE },
    lanes: { perDestination: config.DESTINATION_IN_FLIGHT, total: config.TOTAL_IN_FLIGHT },
    parkAfterMs: config.PARK_AFTER_MS,
    parked: { leaseMs: config.PARKED_LEASE_MS, maxInHand: config.PARKED_IN_HAND, drainPerSecond: config.DRAIN_PER_SECOND },
    retentionDays: config.LOG_RETENTION_DAYS,
    events,
    jobs,
    tracing,
    onFatal: (error) => life.fatal(error),
    now,
  });
  const summing = new Summing({
    pool: summingPool,
    logger,
    recorded: () => dispatcher.recorded,
    jobs,
    onFatal: (error) => life.fatal(error),
    now,
  });
  life.onStop('summing', () => summing.stop());
  const intake = new EventStreamStrategy({
    stream,
    pool: leasePool,
    schema: SCHEMA,
    instanceId: config.INSTANCE_ID,
    logger,
    onFatal: (error) => life.fatal(error),
    subscriptions: [
      {
        pattern: TOPICS.conversionsEvents.name,
        topic: topicName(TOPICS.conversionsEvents, config.TOPIC_PREFIX),
        groupId: `${config.TOPIC_PREFIX}${SERVICE_NAME}`,
        worker: dispatcher.worker,
      },
    ],
  });
  life.health.register('intake', () => intakeHealth(intake));
  life.health.register('pipeline', () => pipelineHealth(dispatcher), { isForReadiness: true });
  showOutbox(metrics, relay);
  showIntake(metrics, intake);
  showDeadLetters(metrics, { pool: readPool, schema: SCHEMA });
  const backlog = new Backlog({ pool: readPool, recorded: () => dispatcher.recorded, mayWait: () => dispatcher.mayWait, now });
  showDispatcher(metrics, dispatcher, backlog);

  const eventsTopic = topicName(TOPICS.conversionsEvents, config.TOPIC_PREFIX);
  const exports = new DeliveryExports(readPool, logger);
  const publisher = new Publisher(stream);
  life.onStop('publisher of replays', () => publisher.close());
  const module = DispatcherServiceModule.with({
    dispatcher,
    pool: readPool,
    exports,
    deadLetters: new DeadLetterArchive({
      pool: readPool,
      schema: SCHEMA,
      service: SERVICE_NAME,
      intakeTopics: [topicName(TOPICS.conversionsEvents, config.TOPIC_PREFIX)],
      publisher,
    }),
    waiting: new WaitingReadModel({
      pool: readPool,
      lag: new IntakeLag({ stream, pool: readPool, topic: eventsTopic }),
      callback: (callbackId) => {
        const today = dispatcher.index.today(callbackId);
        return { isDisabled: today.kind === 'disabled', maxPerSecond: today.kind === 'live' ? today.callback.maxPerSecond : null };
      },
      callbacksOf: (offerIds) => dispatcher.index.callbacksOf(offerIds),
      now,
    }),
    statistics: new StatisticsReadModel({ pool: readPool, now }),
    tests: new CallbackTests({
      index: dispatcher.index,
      catchUp: () => dispatcher.catchUp(),
      send: (request, done) => dispatcher.sending.sender.send(request, done),
      userAgent: userAgent(),
      now,
      monotonic: () => performance.now(),
    }),
    expected: new ExpectedDeliveries({
      pool: readPool,
      passing: new EventPassing({ stream, pool: readPool, topic: eventsTopic }),
      topic: eventsTopic,
    }),
    pauses: new PausesStore({ pool: readPool, now, onChanged: () => void dispatcher.parked.look() }),
    redeliverOne: new RedeliverOne({
      pool: readPool,
      index: dispatcher.index,
      source: events,
      catchUp: () => dispatcher.catchUp(),
      onEnqueued: () => dispatcher.parked.wake(),
      retentionDays: config.LOG_RETENTION_DAYS,
      now,
    }),
    redeliveries: new RedeliveriesStore({
      pool: readPool,
      now,
      monotonic: () => performance.now(),
      onChanged: () => dispatcher.redeliveries.wake(),
      onStopped: (redeliveryId) => dispatcher.stoppedRedeliveries.add(redeliveryId),
    }),
    serviceTokens: { secret: config.SERVICE_TOKEN_SECRET, previousSecret: config.SERVICE_TOKEN_SECRET_PREVIOUS },
  });
  const app = await createHttpApp(module, { logger, health: life.health, metrics, tracing });
  app.connectMicroservice({ strategy: intake });
  await app.listen(config.PORT, config.HOST);
  life.onStop('http', () => app.close());
  life.onStop('exports', () => exports.stop());

  // The stop, backwards: claim nothing more; let the partitions go, everything recorded or leased; await what is under way.
  life.onStop('requests under way', () => dispatcher.stop(), { timeoutMs: LAST_REQUESTS_MS });
  const aborted = new AbortController();
  const started = provisionTopics(stream, [TOPICS.conversionsEvents, TOPICS.offersConfigurations, TOPICS.callbacksDeliveries], {
    ...topicProvision(config),
    signal: aborted.signal,
  })
    .then(() => dispatcher.start())
    .then(() => summing.start())
    .then(async () => {
      if (!aborted.signal.aborted) await app.startAllMicroservices();
    })
    .catch((error: unknown) => {
      if (!aborted.signal.aborted) life.fatal(error);
    });
  life.onStop('intake', () => intake.close(), { timeoutMs: 20_000 });
  life.onStop('claims', () => {
    aborted.abort();
    return dispatcher.stopClaiming();
  });
  let timer: NodeJS.Timeout | undefined;
  await Promise.race([started, new Promise((resolve) => (timer = setTimeout(resolve, FIRST_READ_MS)))]);
  clearTimeout(timer);
  return { url: await app.getUrl(), dispatcher };
}

function pipelineHealth({ stall, waitingFor, isReading }: Dispatcher): HealthReport {
  if (stall !== null) return { ok: false, detail: stall };
  return isReading ? waiting(waitingFor, 'waits for kafka (reading the configuration)') : waiting(waitingFor);
}
