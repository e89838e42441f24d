import { ConfigError } from '@ringback/service-runtime';
import { readMigrationConfig } from './config.js';
import { migrateOffers } from './migrations.js';

try {
  await migrateOffers(readMigrationConfig().DATABASE_URL);
} catch (error) {
  if (!(error instanceof ConfigError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exit(78);
}
