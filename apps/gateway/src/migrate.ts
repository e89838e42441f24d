import { ConfigError } from '@ringback/service-runtime';
import { readMigrationConfig } from './config.js';
import { migrateGateway } from './migrations.js';

try {
  await migrateGateway(readMigrationConfig().DATABASE_URL);
} catch (error) {
  if (!(error instanceof ConfigError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exit(78);
}
