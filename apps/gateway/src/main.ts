import 'reflect-metadata';
import { createHttpApp, createLogger, createPool, isDatabaseAway, runService, type Lifecycle } from '@ringback/service-runtime';
import { ensureEnvironmentAccounts } from './access/environment-accounts.js';
import { PasswordHasher } from './access/password-hasher.js';
import { readConfig } from './config.js';
import { gatewayModule } from './gateway.module.js';
import { UpstreamClient } from './upstream/upstream-client.js';

/** While the database is away at start, the accounts of the environment are tried again after this, in ms. */
const ACCOUNTS_RETRY_MS = 1_000;

await runService(
  () => createLogger('gateway', readConfig().LOG_LEVEL),
  async (life) => {
    const config = readConfig();
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
    const app = await createHttpApp(gatewayModule({ pool, logger, hasher, upstream, sessionSecret: config.SESSION_SECRET }), {
      logger,
      health,
    });
    life.onStop('http', () => app.close(), { timeoutMs: config.UPSTREAM_TIMEOUT_MS + 2_000 });
    await app.listen(config.PORT, config.HOST);
    logger.info({ url: await app.getUrl() }, 'listening');
  },
);

/** Resolves after the first try: while the database is away the gateway starts all the same, answers 503 and goes on trying. */
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
