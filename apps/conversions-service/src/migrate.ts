import { runCommand } from '@ringback/service-runtime';
import { readMigrationConfig } from './config.js';
import { migrateConversions } from './migrations.js';

await runCommand(() => migrateConversions(readMigrationConfig().DATABASE_URL));
