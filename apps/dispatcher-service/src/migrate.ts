import { ConfigError } from '@ringback/service-runtime';
import { readDatabaseUrl } from './config.js';
import { migrateDispatcher } from './migrations.js';

try {
  await migrateDispatcher(readDatabaseUrl());
} catch (error) {
  if (!(error instanceof ConfigError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exit(78);
}
