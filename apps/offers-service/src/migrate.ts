import { runCommand } from '@ringback/service-runtime';
import { readMigrationConfig } from './config.js';
import { migrateOffers } from './migrations.js';

await runCommand(() => migrateOffers(readMigrationConfig().DATABASE_URL));
