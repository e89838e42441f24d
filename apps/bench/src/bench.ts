import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { processIdentity, WORKSPACE } from '@ringback/testbed';
import { readBenchArguments } from './bench-arguments.js';
import { withFigures } from './report/document.js';
import { thisMachine, type BenchResult, type ScenarioResult } from './report/result.js';
import { startStep } from './report/steps.js';
import { rowTable } from './report/table.js';
import type { BenchContext, Scenario } from './scenario.js';
import { SCENARIOS } from './scenarios.js';
import { startServers, type BenchServers } from './world/servers.js';

/** `npm run bench -- [scenario…] [--short] [--minutes n] [--rows n] [--tracing share] [--json file] [--write document]`. */
const stopping = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => stopping.abort(new Error('stopped')));
// The one who started us is gone.
if (process.connected) process.on('disconnect', () => stopping.abort(new Error('stopped')));
// A terminal that went away must not end us before everything is stopped.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);
// Children do not keep this process alive.
setInterval(() => undefined, 60_000);
const aborted = new Promise<never>((_, reject) => stopping.signal.addEventListener('abort', () => reject(stopping.signal.reason as Error)));
aborted.catch(() => undefined);

process.exit(await main());

async function main(): Promise<number> {
  let args;
  try {
    args = readBenchArguments(
      process.argv.slice(2),
      SCENARIOS.map(({ name }) => name),
    );
  } catch (error) {
    console.error(`ringback: ${(error as Error).message}`);
    return 2;
  }
  const { short, minutes, rows, tracing, json, write } = args;
  const wanted = args.scenarios.length === 0 ? SCENARIOS.filter(({ isReport }) => !isReport) : byName(args.scenarios);
  removeLeftovers();
  const machine = thisMachine();
  console.log(
    `${machine.cores} × ${machine.cpu}, ${machine.memoryGb} GB, ${machine.system}, Node ${machine.node}${short ? '; short sizes' : ''}`,
  );
  const results: ScenarioResult[] = [];
  let failed = 0;
  for (const scenario of wanted) {
    if (stopping.signal.aborted) break;
    const result = await run(scenario, { short, minutes, rows, tracing });
    if (result === null) failed++;
    else results.push(result);
  }
  const result: BenchResult = { machine, short, scenarios: results };
  for (const { title, rows, notes } of results) console.log(`\n${title}\n\n${[rowTable(rows), ...notes].join('\n\n')}`);
  if (json !== undefined) writeFileSync(resolve(WORKSPACE, json), `${JSON.stringify(result, null, 2)}\n`);
  else console.log(`\n${JSON.stringify(result)}`);
  if (write !== undefined) writeFileSync(resolve(WORKSPACE, write), withFigures(readFileSync(resolve(WORKSPACE, write), 'utf8'), result));
  if (stopping.signal.aborted) return 130;
  const missed = results.flatMap(({ rows }) => rows).filter(({ ok }) => ok === false);
  const met = results.flatMap(({ rows }) => rows).filter(({ ok }) => ok === true);
  console.log(`\n${met.length} budgets met, ${missed.length} missed${failed > 0 ? `, ${failed} scenarios failed` : ''}`);
  for (const { name } of missed) console.log(`  missed: ${name}`);
  return failed > 0 || missed.length > 0 ? 1 : 0;
}

function byName(names: readonly string[]): Scenario[] {
  return names.map((name) => SCENARIOS.find((scenario) => scenario.name === name)!);
}

/** Runs one scenario on servers of its own, so that none inherits what another left in PostgreSQL's buffers. @returns null when it failed */
async function run(
  scenario: Scenario,
  asked: Pick<BenchContext, 'short' | 'minutes' | 'rows' | 'tracing'>,
): Promise<ScenarioResult | null> {
  console.log(`\n── ${scenario.name}: ${scenario.title}`);
  const room = join(WORKSPACE, '.local', `bench-${process.pid}`);
  mkdirSync(room, { recursive: true });
  const startedAt = performance.now();
  const closes: (() => Promise<unknown>)[] = [];
  const notes: string[] = [];
  try {
    const starting = startServers(room, (what) => console.log(`  … ${what}`));
    closes.push(async () => kill(await starting));
    const servers = await Promise.race([starting, aborted]);
    const context = {
      servers,
      ...asked,
      room,
      signal: stopping.signal,
      step: startStep,
      closeAtEnd: (close: () => Promise<unknown>) => void closes.push(close),
      note: (text: string) => void notes.push(text),
    };
    const rows = await Promise.race([scenario.run(context), aborted]);
    return { name: scenario.name, title: scenario.title, rows, notes, seconds: Math.round((performance.now() - startedAt) / 1000) };
  } catch (error) {
    console.error(stopping.signal.aborted ? '\nStopping.' : `ringback: ${scenario.name} failed:`, stopping.signal.aborted ? '' : error);
    return null;
  } finally {
    for (const close of closes.reverse()) await close().catch((error: unknown) => console.error('ringback: could not close:', error));
    rmSync(room, { recursive: true, force: true });
  }
}

async function kill({ postgres, kafka }: BenchServers): Promise<void> {
  await kafka.kill();
  await postgres.kill();
}

/** Data of runs that were killed. */
function removeLeftovers(): void {
  const local = join(WORKSPACE, '.local');
  for (const name of existsSync(local) ? readdirSync(local) : []) {
    const pid = /^bench-(\d+)$/.exec(name)?.[1];
    if (pid !== undefined && processIdentity(Number(pid)) === null) rmSync(join(local, name), { recursive: true, force: true });
  }
}
