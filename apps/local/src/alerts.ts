import { copyFileSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { WORKSPACE } from '@ringback/testbed';
import { runFaults } from './alerts/fault-run.js';
import { prometheusProgram } from './alerts/prometheus-programs.js';
import { MONITORING, readRules, rulesFile } from './alerts/rules-file.js';
import { LocalError } from './local-error.js';
import { runCommand } from './test-steps.js';

/**
 * `npm run alerts`: promtool checks the alerts of k8s/components/monitoring, and tries each of them: fires when it should, and does not when
 * it should not.
 *
 * `npm run alerts -- --fire [--only words …]`: makes each fault in a system of its own, or those whose name holds some of the words, with a real Prometheus
 * that evaluates the rules sixty times faster, and shows each alert firing and clearing; at the end as a table. About twenty minutes.
 */
const TIMEOUT_MS = 10 * 60_000;
const room = join(WORKSPACE, '.local', `alerts-${process.pid}`);
const stopping = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => stopping.abort());
if (process.connected) process.on('disconnect', () => stopping.abort());

const { values } = parseArgs({
  options: { fire: { type: 'boolean', default: false }, only: { type: 'string', multiple: true, default: [''] } },
});
let code: number | null;
try {
  code = values.fire ? ((await runFaults(room, values.only, stopping.signal)) ? 0 : 1) : await checkRules();
} catch (error) {
  if (!(error instanceof LocalError)) throw error;
  console.error(`ringback: ${error.message}`);
  code = 1;
} finally {
  rmSync(room, { recursive: true, force: true });
}
process.exit(code ?? 1);

/** @returns promtool's exit code: 0 when all is well. */
async function checkRules(): Promise<number | null> {
  const promtool = await prometheusProgram('promtool', stopping.signal);
  mkdirSync(room, { recursive: true });
  writeFileSync(join(room, 'rules.yaml'), rulesFile(readRules()));
  const tests = readdirSync(MONITORING).filter((file) => file.endsWith('.test.yaml'));
  for (const test of tests) copyFileSync(join(MONITORING, test), join(room, test));
  const run = (...args: string[]) =>
    runCommand(promtool, args, { cwd: room, env: process.env, timeoutMs: TIMEOUT_MS, signal: stopping.signal });
  const checked = await run('check', 'rules', '--lint=all', '--lint-fatal', 'rules.yaml');
  return checked === 0 ? run('test', 'rules', ...tests) : checked;
}
