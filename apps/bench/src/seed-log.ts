import { parseArgs } from 'node:util';
import { startStep } from './report/steps.js';
import { seedLog } from './world/log-rows.js';

/** `npm run seed-log -- --database postgres://… [--rows 10000000]`: fills the log of a database whose dispatcher's migrations have run. */
try {
  const { values } = parseArgs({ options: { database: { type: 'string' }, rows: { type: 'string', default: '10000000' } } });
  const rows = Number(values.rows);
  if (values.database === undefined) throw new TypeError('--database is missing: the url of a database with the tables of the dispatcher');
  if (!Number.isInteger(rows) || rows < 2) throw new TypeError('--rows must be a whole number from 2');
  const step = startStep(`filling the log with ${rows.toLocaleString('en-US')} rows`, rows);
  await seedLog({ databaseUrl: values.database, rows, nowMs: Date.now(), onProgress: (done) => step.at(done) });
  step.done();
} catch (error) {
  console.error(`ringback: ${(error as Error).message}`);
  process.exit(1);
}
