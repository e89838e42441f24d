import { randomBytes } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import pg from 'pg';
import { testDatabaseServer } from './shared-servers.js';

const LOOK_EVERY_MS = 20;
const MAX_LOOKS = 25;

export interface TestDatabase {
  readonly url: string;
  readonly name: string;
  /** Ends all its sessions and removes it. */
  drop(): Promise<void>;
}

/**
 * Makes a new, empty database, so that specs share nothing (about 50 ms).
 * @param o.template a database to copy, schema and rows, instead of an empty one; nobody may be connected to it
 * @param o.server url of the server; default the shared one
 */
export async function freshDatabase(o: { template?: string; server?: string; name?: string } = {}): Promise<TestDatabase> {
  const server = o.server ?? testDatabaseServer();
  const name = o.name ?? `test_${randomBytes(8).toString('hex')}`;
  const template = o.template ?? 'template1';
  await onServer(server, async (client) => {
    await client.query(`create database ${pg.escapeIdentifier(name)} template ${pg.escapeIdentifier(template)}`);
  });
  return {
    name,
    url: databaseUrl(server, name),
    drop: () =>
      onServer(server, async (client) => {
        await sessionsEnd(client, name);
        await client.query(`drop database if exists ${pg.escapeIdentifier(name)} with (force)`);
      }),
  };
}

/**
 * Gives sessions whose clients have said goodbye the time to end: one that is ended under its client's feet is an error there, after the
 * pool that would have caught it is gone. Those that stay are ended by force.
 */
async function sessionsEnd(client: pg.Client, database: string): Promise<void> {
  for (let looks = 0; looks < MAX_LOOKS; looks++) {
    const { rowCount } = await client.query('select from pg_stat_activity where datname = $1 limit 1', [database]);
    if (rowCount === 0) return;
    await pause(LOOK_EVERY_MS);
  }
}

/** @returns the url of another database of the same server. */
export function databaseUrl(server: string, database: string): string {
  const url = new URL(server);
  url.pathname = `/${database}`;
  return url.href;
}

/** Runs a piece of work with one session on the server's maintenance database. */
export async function onServer<T>(server: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: server, connectionTimeoutMillis: 10_000, application_name: 'testbed' });
  // A server that is killed meanwhile fails the query; the event beside it must not end the process.
  client.on('error', () => undefined);
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}
