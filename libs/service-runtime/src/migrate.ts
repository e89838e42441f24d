import pg from 'pg';
import type { MigrationInterface } from 'typeorm';
import { ExplainingClient } from './postgres-client.js';

export interface MigrateOptions {
  readonly databaseUrl: string;
  /** The service's own schema; made when missing. Holds the table `migrations` too. */
  readonly schema: string;
  readonly migrations: readonly (new () => MigrationInterface)[];
}

/**
 * Brings a service's schema to its newest version. Safe to run again, and by several processes at once: one works, the others wait.
 * @throws what PostgreSQL says when a migration fails; that migration leaves no trace.
 */
export async function migrate(options: MigrateOptions): Promise<void> {
  const lock = new ExplainingClient({ connectionString: options.databaseUrl, connectionTimeoutMillis: 5_000 });
  await lock.connect();
  try {
    await lock.query('select pg_advisory_lock(hashtextextended($1, 0))', [`ringback:migrate:${options.schema}`]);
    await lock.query(`create schema if not exists ${pg.escapeIdentifier(options.schema)}`);
    // Only here: it takes 14 MB, and a service that does not migrate has no use for it.
    const { DataSource } = await import('typeorm');
    const source = new DataSource({
      type: 'postgres',
      url: options.databaseUrl,
      schema: options.schema,
      migrationsTableName: 'migrations',
      migrations: [...options.migrations],
    });
    await source.initialize();
    try {
      await source.runMigrations({ transaction: 'each' });
    } finally {
      await source.destroy();
    }
  } finally {
    await lock.end();
  }
}
