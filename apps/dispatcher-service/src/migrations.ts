import pg from 'pg';
import type { MigrationInterface } from 'typeorm';
import { migrate } from '@ringback/service-runtime';
import { CreateTables1764000000001 } from './schema/0001-create-tables.js';
import { ShareTheStateOfDestinations1764000000002 } from './schema/0002-share-the-state-of-destinations.js';
import { FindWhatIsRareInTheLog1764000000003 } from './schema/0003-find-what-is-rare-in-the-log.js';
import { KeepDaysAndErasures1764000000004 } from './schema/0004-keep-days-and-erasures.js';
import { Redeliver1764000000005 } from './schema/0005-redeliver.js';
import { RollUpStatistics1764000000006 } from './schema/0006-roll-up-statistics.js';
import { SumSeveralDays1764000000007 } from './schema/0007-sum-several-days.js';
import { DEFAULT_RETENTION_DAYS, ensureDayPartitions } from './schema/day-partitions.js';

/** In the order in which they run. */
const MIGRATIONS: readonly (new () => MigrationInterface)[] = [
  CreateTables1764000000001,
  ShareTheStateOfDestinations1764000000002,
  FindWhatIsRareInTheLog1764000000003,
  KeepDaysAndErasures1764000000004,
  Redeliver1764000000005,
  RollUpStatistics1764000000006,
  SumSeveralDays1764000000007,
];

/** Brings the schema `dispatcher` to its newest version and makes the log's partitions. Safe to run again, and by several at once. */
export async function migrateDispatcher(databaseUrl: string): Promise<void> {
  await migrate({ databaseUrl, schema: 'dispatcher', migrations: MIGRATIONS });
  const client = new pg.Client({ connectionString: databaseUrl, connectionTimeoutMillis: 5_000 });
  await client.connect();
  try {
    await ensureDayPartitions(client, Date.now(), DEFAULT_RETENTION_DAYS);
  } finally {
    await client.end();
  }
}
