import { runCommand } from '@ringback/service-runtime';
import { readDatabaseUrl } from './config.js';
import { migrateDispatcher } from './migrations.js';

await runCommand(() => migrateDispatcher(readDatabaseUrl()));
