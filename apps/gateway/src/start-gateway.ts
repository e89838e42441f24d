import { setTimeout as pause } from 'node:timers/promises';
import { TOPICS, topicName } from '@ringback/contracts';
import { EventStream, EventStreamError, provisionTopics, startOutbox, showOutbox } from '@ringback/event-stream';
import {
  createHttpApp,
  createPool,
  isDatabaseAway,
  kafkaConnection,
  type Lifecycle,
  waiting,
  startTracing,
  topicProvision,
} from '@ringback/service-runtime';
import { ensureEnvironmentAccounts } from './access/environment-accounts.js';
import { PasswordHasher } from './access/password-hasher.js';
import type { GatewayConfig } from './config.js';
import { gatewayModule } from './gateway.module.js';
import { adoptKeys, type AdoptKeysOptions } from './keys/adopt-keys.js';
import { callerName } from './http/http-edge.js';
import { SCHEMA } from './keys/announce-key.js';
import { UpstreamClient } from './upstream/upstream-client.js';

/** While the database is away at start, the accounts of the environment are tried again after this, in ms. */
const ACCOUNTS_RETRY_MS = 1_000;

const KAFKA_RETRY_MS = 1_000;
/** Keys change rarely: more of them than this wait for Kafka only when something is wrong, and the relay's log says so. */
const MAX_OUTBOX_ROWS = 10_000;
/** No hurry to take over from a dead instance, and fewer looks when idle, in ms. */
const RELAY_LEASE_MS = 15_000;

/**
 * Starts the gateway's parts in order. It starts even while the database or the services are away, and answers 503 until they are back.
 * @returns the address it listens on.
 * @throws what PostgreSQL says when the schema is missing: run the migrations first.
 */
export async function startGateway(life: Lifecycle, config: GatewayConfig): Promise<string> {
  const { logger, health, metrics } = life;
  const tracing = await startTracing(config, 'gateway', config.INSTANCE_ID);
  life.onStop('traces', () => tracing.stop());
  const stream = new EventStream({ ...kafkaConnection(config), clientId: 'gateway', logger });
  const pool = createPool(config.DATABASE_URL, { max: 10, applicationName: 'gateway', logger, metrics, statementTimeoutMs: 5_000 });
  life.onStop('database', () => pool.end());
  // Apart from the requests', so that no burst of them holds up what was changed.
  const relayPool = createPool(config.DATABASE_URL, { max: 4, applicationName: 'gateway-relay', logger, metrics });
  life.onStop('relay database', () => relayPool.end());
  const relay = startOutbox(
    { stream, pool: relayPool, schema: SCHEMA, logger, instanceId: config.INSTANCE_ID, maxRows: MAX_OUTBOX_ROWS, leaseMs: RELAY_LEASE_MS },
    (name, stop) => life.onStop(name, stop),
  );
  health.register('outbox', () => relay.health());
  showOutbox(metrics, relay);
  const apiKeysTopic = topicName(TOPICS.gatewayApiKeys, config.TOPIC_PREFIX);
  const upstream = new UpstreamClient({
    urls: {
      'offers-service': config.OFFERS_URL,
      'conversions-service': config.CONVERSIONS_URL,
      'dispatcher-service': config.DISPATCHER_URL,
    },
    serviceTokenSecret: config.SERVICE_TOKEN_SECRET,
    timeoutMs: config.UPSTREAM_TIMEOUT_MS,
  });
  life.onStop('connections to services', () => upstream.close());
  const hasher = new PasswordHasher();
  await keepTrying(life, () =>
    ensureEnvironmentAccounts(
      { pool, hasher, apiKeysTopic, logger },
      { adminEmail: config.ADMIN_EMAIL, adminPassword: config.ADMIN_PASSWORD, bootstrapApiKey: config.BOOTSTRAP_API_KEY },
    ).then(() => relay.wake()),
  );
  const module = gatewayModule({
    pool,
    logger,
    hasher,
    upstream,
    sessionSecret: config.SESSION_SECRET,
    publisher: relay,
    apiKeysTopic,
    secureCookies: config.SECURE_COOKIES === 'true',
    limits: { perAddress: config.RATE_LIMIT_PER_ADDRESS, perCaller: config.RATE_LIMIT_PER_CALLER },
    allowedOrigins: config.CORS_ALLOWED_ORIGINS,
  });
  const app = await createHttpApp(module, {
    logger,
    health,
    metrics,
    callerOf: callerName,
    trustedProxies: config.TRUSTED_PROXIES,
    tracing,
  });
  life.onStop('http', () => app.close(), { timeoutMs: config.UPSTREAM_TIMEOUT_MS + 2_000 });
  await app.listen(config.PORT, config.HOST);
  const stopping = new AbortController();
  let hasTopics = false;
  const provisioned = keepProvisioning(stream, config, stopping.signal)
    .then(() => {
      hasTopics = true;
      return keepAdopting({ pool: relayPool, stream, topic: apiKeysTopic, logger, signal: stopping.signal });
    })
    .catch((fault: unknown) => life.fatal(fault));
  health.register('topics', () => waiting(hasTopics ? null : 'kafka'));
  life.onStop('topics', async () => {
    stopping.abort();
    await provisioned;
  });
  const url = await app.getUrl();
  logger.info({ url }, 'listening');
  return url;
}

/** The topic is made once Kafka is there; what is published meanwhile waits in the outbox. */
async function keepProvisioning(stream: EventStream, config: GatewayConfig, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    try {
      return await provisionTopics(stream, [TOPICS.gatewayApiKeys], {
        ...topicProvision(config),
        signal,
      });
    } catch (error) {
      if (signal.aborted) return;
      if (!(error instanceof EventStreamError && error.code === 'KAFKA_UNAVAILABLE')) throw error;
      await pause(KAFKA_RETRY_MS, undefined, { signal }).catch(() => undefined);
    }
  }
}

/** Until it was done once: what Kafka and PostgreSQL being away interrupts is begun again. */
async function keepAdopting(o: AdoptKeysOptions): Promise<void> {
  while (!o.signal.aborted) {
    try {
      await adoptKeys(o);
      return;
    } catch (error) {
      if (o.signal.aborted) return;
      if (!isDatabaseAway(error)) throw error;
      await pause(KAFKA_RETRY_MS, undefined, { signal: o.signal }).catch(() => undefined);
    }
  }
}

/** Resolves after the first try; while the database is away, goes on trying beside. */
async function keepTrying(life: Lifecycle, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (!isDatabaseAway(error)) throw error;
    life.logger.warn({ error }, 'the database is away: the accounts of the environment are made once it is back');
    const timer = setTimeout(() => {
      if (!life.stopping) keepTrying(life, work).catch((fault: unknown) => life.fatal(fault));
    }, ACCOUNTS_RETRY_MS);
    timer.unref();
  }
}
