import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import { databaseUrl, freshDatabase, onServer } from './fresh-database.js';
import { runScript } from './run-script.js';
import { SERVICES } from './services.js';
import { WORKSPACE } from './workspace.js';

/** Any number; two processes that make a template on one server wait for each other by it. */
const TEMPLATE_LOCK = 7_312_004;

/** Runs the migrations of every service on a database. */
export async function migrateAll(url: string): Promise<void> {
  for (const service of SERVICES) if (hasMigrations(service)) await runScript(service, 'migrate.js', { env: { DATABASE_URL: url } });
}

/**
 * @returns the name of a database with every service's migrations run, to copy from (`freshDatabase({ template })`): made once per server
 * and build, in seconds; a copy takes a tenth of one.
 */
export async function migratedTemplate(server: string): Promise<string> {
  const name = `ringback_template_${buildHash()}`;
  return onServer(server, async (client) => {
    await client.query('select pg_advisory_lock($1)', [TEMPLATE_LOCK]);
    const { rowCount } = await client.query('select from pg_database where datname = $1', [name]);
    if (rowCount === 1) return name;
    // Migrated under another name first: one that was cut short is never taken for a finished one.
    const draft = await freshDatabase({ server });
    try {
      await migrateAll(databaseUrl(server, draft.name));
      await client.query(`alter database ${pg.escapeIdentifier(draft.name)} rename to ${pg.escapeIdentifier(name)}`);
    } catch (error) {
      await draft.drop();
      throw error;
    }
    return name;
  });
}

function hasMigrations(service: string): boolean {
  return existsSync(join(WORKSPACE, 'apps', service, 'dist', 'migrate.js'));
}

/** @returns a hash of all that migrations could depend on: what is built of the services and of the libraries. */
export function buildHash(): string {
  const hash = createHash('sha256');
  const folders = [...SERVICES.map((app) => join('apps', app)), ...['event-stream', 'service-runtime'].map((lib) => join('libs', lib))];
  for (const folder of folders) {
    const dist = join(WORKSPACE, folder, 'dist');
    if (!existsSync(dist)) continue;
    const files = readdirSync(dist, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.js'));
    for (const file of files.sort()) hash.update(file).update(readFileSync(join(dist, file)));
  }
  return hash.digest('hex').slice(0, 16);
}
