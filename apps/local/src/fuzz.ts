import { existsSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { Platform, startKafka, startPostgres, WORKSPACE } from '@ringback/testbed';
import { readFuzzArguments } from './fuzz-arguments.js';
import { runCommand } from './test-steps.js';

/**
 * `npm run fuzz -- [--minutes n] [--url address --key apiKey]`: Schemathesis asks a gateway what its own OpenAPI document allows, and much that
 * it does not, for ten minutes. Fails on any answer 5xx, and on any whose status, type, headers or body is not documented.
 */
const SCHEMATHESIS = '4.32.5';
/** By name, since what the others find are opinions: a 422 for what a schema cannot say (a macro that does not exist) is no fault. */
const CHECKS = [
  'not_a_server_error',
  'status_code_conformance',
  'content_type_conformance',
  'response_headers_conformance',
  'response_schema_conformance',
];
const MINUTE_MS = 60_000;
/** What it takes to begin and to report, beside the time asked for. */
const MARGIN_MS = 5 * MINUTE_MS;

const { minutes, url, key } = readFuzzArguments(process.argv.slice(2));
const folder = join(WORKSPACE, '.local', 'fuzz');
const room = join(folder, `run-${process.pid}`);
const venv = join(folder, `schemathesis-${SCHEMATHESIS}`);
const stopping = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => stopping.abort());
if (process.connected) process.on('disconnect', () => stopping.abort());

const run = (command: string, args: readonly string[], timeoutMs: number) =>
  runCommand(command, args, { cwd: room, env: { ...process.env, NO_COLOR: '1' }, timeoutMs, signal: stopping.signal });

mkdirSync(room, { recursive: true });
let code: number | null;
try {
  await installSchemathesis();
  code = url === undefined ? await fuzzOwnSystem() : await fuzz(url, key);
} finally {
  rmSync(room, { recursive: true, force: true });
}
process.exit(code ?? 1);

/** From PyPI, once, into a virtual environment of its own. */
async function installSchemathesis(): Promise<void> {
  const program = join(venv, 'bin', 'st');
  if (existsSync(program)) return;
  console.log(`Installing Schemathesis ${SCHEMATHESIS} …`);
  const made = await run('python3', ['-m', 'venv', venv], MINUTE_MS);
  const pip = [join(venv, 'bin', 'pip'), 'install', '--quiet', '--disable-pip-version-check', `schemathesis==${SCHEMATHESIS}`] as const;
  if (made === 0 && (await run(pip[0], pip.slice(1), MARGIN_MS)) === 0) return;
  rmSync(venv, { recursive: true, force: true });
  throw new Error(`Schemathesis could not be installed: it needs Python 3.10 or newer as python3, with venv and pip`);
}

/** A system from the build, on servers of its own unless TESTBED_* names ready ones; all of it is gone afterwards. */
async function fuzzOwnSystem(): Promise<number | null> {
  const { TESTBED_DATABASE_URL: databaseServer, TESTBED_KAFKA_BROKERS: brokers } = process.env;
  const postgres = databaseServer ? null : await startPostgres({ dataDir: join(room, 'postgres') });
  const kafka = brokers ? null : await startKafka({ dataDir: join(room, 'kafka'), onProgress: (what) => console.log(`  … ${what}`) });
  try {
    const platform = await Platform.start({
      databaseServer: databaseServer ?? postgres!.url,
      brokers: brokers ?? kafka!.brokers,
      // What is fuzzed are the routes behind the limits.
      services: { gateway: { env: { RATE_LIMIT_PER_ADDRESS: '0', RATE_LIMIT_PER_CALLER: '0' } } },
    });
    try {
      return await fuzz(platform.url, platform.bootstrapApiKey);
    } finally {
      console.log(`The services' logs are in ${platform.logFolder}`);
      await platform.stop();
    }
  } finally {
    await Promise.all([postgres?.stop(), kafka?.stop()]);
  }
}

/** @returns the exit code: 0 when nothing was found. */
function fuzz(gateway: string, apiKey: string): Promise<number | null> {
  const args = [
    'run',
    `${gateway}/v1/openapi.json`,
    `--header=Authorization: Bearer ${apiKey}`,
    `--checks=${CHECKS.join(',')}`,
    `--max-time=${Math.round(minutes * 60)}`,
    '--phases=examples,coverage,fuzzing,stateful',
    '--continue-on-failure',
    '--warnings=off',
    '--suppress-health-check=all',
    '--request-timeout=30',
    '--report=junit',
    `--report-junit-path=${join(folder, 'report.xml')}`,
  ];
  return run(join(venv, 'bin', 'st'), args, minutes * MINUTE_MS + MARGIN_MS);
}
