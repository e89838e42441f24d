import { existsSync, mkdirSync, readdirSync, rmSync, statSync } from 'node:fs';
import { join, relative } from 'node:path';
import { pinnedNode, processIdentity, startKafka, startPostgres, WORKSPACE } from '@ringback/testbed';
import { readTestArguments } from './test-arguments.js';
import { readJestReport, runCommand, slowest, type StepResult } from './test-steps.js';

/** `npm test`: everything, every step even when one before it failed, and one line at the end that says what it came to. */
const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;
/** A spec file that takes longer is named: the whole run has a budget of 20 minutes. */
const SLOW_FILE_MS = 60_000;

const { long, filter } = readTestArguments(process.argv.slice(2));
const room = join(WORKSPACE, '.local', `test-${process.pid}`);
const stopping = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => stopping.abort());
if (process.connected) process.on('disconnect', () => stopping.abort());

const env: NodeJS.ProcessEnv = { ...process.env, CI: 'true', NX_DAEMON: 'false', NX_TUI: 'false', NX_INTERACTIVE: 'false' };
if (long) env['TEST_LONG'] = '1';
// What the steps run is of this workspace, under the pinned Node.
env['PATH'] = `${join(WORKSPACE, 'node_modules', '.bin')}:${process.env['PATH'] ?? ''}`;

interface Step {
  readonly name: string;
  readonly run: () => Promise<StepResult>;
}

const command = (name: string, bin: string, ...args: string[]): Step => ({
  name,
  run: async () => {
    const options = { cwd: WORKSPACE, env, timeoutMs: 5 * MINUTE_MS, signal: stopping.signal };
    const code = await runCommand(join(WORKSPACE, 'node_modules', '.bin', bin), args, options);
    return { passed: code === 0 ? 1 : 0, failed: code === 0 ? 0 : 1, skipped: 0, files: [] };
  },
});

const tier = (name: string, timeoutMs: number, ...args: string[]): Step => ({
  name: `${name} specs`,
  run: async () => {
    const report = join(room, `${name}.json`);
    const jest = join(WORKSPACE, 'node_modules', 'jest', 'bin', 'jest.js');
    const own = ['--selectProjects', name, '--json', '--outputFile', report, '--passWithNoTests', '--forceExit', ...args];
    const code = await runCommand(
      pinnedNode(),
      ['--experimental-vm-modules', '--no-warnings=ExperimentalWarning', jest, ...own, ...filter],
      // Its JSON also goes to standard output; jest writes what people read to standard error.
      { cwd: WORKSPACE, env, timeoutMs: long ? 6 * timeoutMs : timeoutMs, signal: stopping.signal },
    );
    return readJestReport(report, code);
  },
});

const steps: Step[] = [
  // Without the graph, the lint rule of module boundaries only warns.
  command('project graph', 'nx', 'graph', `--file=${join('.nx', 'graph.json')}`),
  command('formatting', 'prettier', '--check', '--log-level=warn', '.'),
  command('lint', 'eslint', '.', '--max-warnings', '0'),
  command('types', 'tsc', '-p', 'tsconfig.json'),
  command('types of the console', 'tsc', '-p', 'apps/console/tsconfig.json'),
  tier('unit', 8 * MINUTE_MS, '--maxWorkers=2'),
  tier('int', 20 * MINUTE_MS, '--maxWorkers=3'),
  tier('e2e', 25 * MINUTE_MS, '--maxWorkers=2'),
].filter(({ name }) => filter.length === 0 || name.endsWith('specs'));

removeLeftovers();
mkdirSync(room, { recursive: true });
const stopServers = await startServers();
const results: (StepResult & { step: string })[] = [];
try {
  for (const { name, run } of steps) {
    if (stopping.signal.aborted) break;
    console.log(`\n── ${name}`);
    const startedAt = performance.now();
    const result = await run();
    results.push({ ...result, step: name });
    const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
    console.log(`── ${name}: ${result.failed === 0 ? 'passed' : `${result.failed} failed`} in ${seconds} s`);
  }
} finally {
  await stopServers();
  rmSync(room, { recursive: true, force: true });
}
process.exit(summarise());

/** Data of runs that were killed, and logs of earlier runs' platforms; those of the last day may still be read, or written. */
function removeLeftovers(): void {
  const local = join(WORKSPACE, '.local');
  for (const name of list(local)) {
    const pid = /^test-(\d+)$/.exec(name)?.[1];
    if (pid !== undefined && processIdentity(Number(pid)) === null) rmSync(join(local, name), { recursive: true, force: true });
  }
  const logs = join(local, 'test-logs');
  for (const name of list(logs))
    if (statSync(join(logs, name)).mtimeMs < Date.now() - DAY_MS) rmSync(join(logs, name), { recursive: true, force: true });
}

function list(folder: string): string[] {
  return existsSync(folder) ? readdirSync(folder) : [];
}

/** One PostgreSQL and one Kafka for the whole run, unless TESTBED_* names ready ones. @returns what stops them */
async function startServers(): Promise<() => Promise<void>> {
  if (env['TESTBED_DATABASE_URL'] && env['TESTBED_KAFKA_BROKERS']) return async () => undefined;
  console.log('Starting PostgreSQL and Kafka for the run …');
  try {
    const [postgres, kafka] = await Promise.all([
      startPostgres({ dataDir: join(room, 'postgres') }),
      startKafka({ dataDir: join(room, 'kafka'), onProgress: (what) => console.log(`  … ${what}`) }),
    ]);
    env['TESTBED_DATABASE_URL'] = postgres.url;
    env['TESTBED_KAFKA_BROKERS'] = kafka.brokers;
    return async () => {
      await kafka.kill();
      await postgres.kill();
    };
  } catch (error) {
    console.error(`ringback: ${(error as Error).message}`);
    console.log('0 passed, 1 failed');
    process.exit(1);
  }
}

function summarise(): number {
  const total = (count: (result: StepResult) => number) => results.reduce((sum, result) => sum + count(result), 0);
  const files = results.flatMap((result) => result.files);
  if (files.length > 0) console.log('\nThe slowest spec files:');
  for (const { path, ms } of slowest(files, 10)) console.log(`  ${(ms / 1000).toFixed(1).padStart(6)} s  ${relative(WORKSPACE, path)}`);
  for (const { path, ms } of files)
    if (ms > SLOW_FILE_MS) console.log(`warning: ${relative(WORKSPACE, path)} takes more than ${SLOW_FILE_MS / 1000} s`);
  const skipped = total((result) => result.skipped);
  if (skipped > 0) console.log(`warning: ${skipped} tests were skipped`);
  const failing = results.filter(({ failed }) => failed > 0);
  if (failing.length > 0) console.log(`Failed: ${failing.map(({ step, failed }) => `${step} (${failed})`).join(', ')}`);
  // A run that was cut short has not passed.
  const missing = steps.length - results.length;
  if (missing > 0)
    console.log(
      `Not run: ${steps
        .slice(results.length)
        .map(({ name }) => name)
        .join(', ')}`,
    );
  const passed = total((result) => result.passed);
  const isNothing = passed === 0 && files.length === 0;
  if (isNothing) console.log(`No spec matches ${filter.join(' ')}`);
  const failed = total((result) => result.failed) + missing + (isNothing && missing === 0 ? 1 : 0);
  console.log(`\n${passed} passed, ${failed} failed`);
  return failed === 0 ? 0 : 1;
}
