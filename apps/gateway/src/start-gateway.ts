import { createHttpApp, createPool, isDatabaseAway, type Lifecycle } from '@ringback/service-runtime';
import { ensureEnvironmentAccounts } from './access/environment-accounts.js';
import { PasswordHasher } from './access/password-hasher.js';
import type { GatewayConfig } from './config.js';
import { gatewayModule } from './gateway.module.js';
import { UpstreamClient } from './upstream/upstream-client.js';

/** While the database is away at start, the accounts of the environment are tried again after this, in ms. */
const ACCOUNTS_RETRY_MS = 1_000;

/**
 * Starts the gateway's parts in order. It starts even while the database or the services are away, and answers 503 until they are back.
 * @returns the address it listens on.
 * @throws what PostgreSQL says when the schema is missing: run the migrations first.
 */
export async function startGateway(life: Lifecycle, config: GatewayConfig): Promise<string> {
  const { logger, health } = life;
  const pool = createPool(config.DATABASE_URL, { max: 10, applicationName: 'gateway', logger, statementTimeoutMs: 5_000 });
  life.onStop('database', () => pool.end());
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
    ensureEnvironmentAccounts(pool, hasher, {
      adminEmail: config.ADMIN_EMAIL,
      adminPassword: config.ADMIN_PASSWORD,
      bootstrapApiKey: config.BOOTSTRAP_API_KEY,
    }),
  );
  const module = gatewayModule({ pool, logger, hasher, upstream, sessionSecret: config.SESSION_SECRET });
  const app = await createHttpApp(module, { logger, health });
  life.onStop('http', () => app.close(), { timeoutMs: config.UPSTREAM_TIMEOUT_MS + 2_000 });
  await app.listen(config.PORT, config.HOST);
  const url = await app.getUrl();
  logger.info({ url }, 'listening');
  return url;
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
