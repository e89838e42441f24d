import { runCommand } from '@ringback/service-runtime';
import { readMigrationConfig } from './config.js';
import { migrateGateway } from './migrations.js';

await runCommand(() => migrateGateway(readMigrationConfig().DATABASE_URL));
