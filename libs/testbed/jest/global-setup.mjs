/**
 * Jest's global setup of the tiers that need servers: one PostgreSQL and one Kafka for the whole run, unless TESTBED_* names ready ones.
 * Jest loads this file with Node itself, outside its transforms, so the testbed's sources are read by Node's own type stripping.
 */
import { existsSync, mkdirSync } from 'node:fs';
import { registerHooks } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath, URL } from 'node:url';

registerHooks({
  resolve(specifier, context, next) {
    if (specifier.startsWith('.') && specifier.endsWith('.js') && context.parentURL?.includes('/libs/testbed/src/')) {
      const source = new URL(specifier.replace(/\.js$/, '.ts'), context.parentURL);
      if (existsSync(fileURLToPath(source))) return next(source.href, context);
    }
    return next(specifier, context);
  },
});

export default async function globalSetup() {
  if (process.env.TESTBED_DATABASE_URL && process.env.TESTBED_KAFKA_BROKERS) return;
  const [{ startPostgres }, { startKafka }] = await Promise.all([import('../src/postgres.ts'), import('../src/kafka.ts')]);
  const room = join(import.meta.dirname, '..', '..', '..', '.local', `test-${process.pid}`);
  mkdirSync(room, { recursive: true });
  const [postgres, kafka] = await Promise.all([
    startPostgres({ dataDir: join(room, 'postgres') }),
    startKafka({ dataDir: join(room, 'kafka'), onProgress: (what) => console.error(`testbed: ${what}`) }),
  ]);
  // Workers are forked after this and inherit it.
  process.env.TESTBED_DATABASE_URL = postgres.url;
  process.env.TESTBED_KAFKA_BROKERS = kafka.brokers;
  globalThis.ringbackTestbed = { postgres, kafka, room };
}
