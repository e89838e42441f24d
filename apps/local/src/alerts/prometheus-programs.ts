import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { WORKSPACE } from '@ringback/testbed';
import { LocalError } from '../local-error.js';
import { runCommand } from '../test-steps.js';

const VERSION = 'v0.316.0';
const BIN = join(WORKSPACE, '.local', `prometheus-${VERSION}`, 'bin');
/** A build from source, the first time. */
const BUILD_TIMEOUT_MS = 30 * 60_000;

/**
 * @returns the path of a program of Prometheus: the one on the PATH, else one that Go makes into `.local/`, once.
 * @throws {LocalError} one line with the remedy, where neither is there.
 */
export async function prometheusProgram(name: 'promtool' | 'prometheus', signal: AbortSignal): Promise<string> {
  if (spawnSync(name, ['--version']).status === 0) return name;
  const path = join(BIN, name);
  if (existsSync(path)) return path;
  if (spawnSync('go', ['version']).status !== 0)
    throw new LocalError('MISSING', `${name} is missing: put it on the PATH, or install Go 1.26 or newer, so that it can be built`);
  console.log(`building ${name} ${VERSION} with Go, once: some minutes …`);
  mkdirSync(BIN, { recursive: true });
  // Without the service discovery of every cloud there is, which is most of its code.
  const args = ['install', '-tags=remove_all_sd', '-ldflags=-s -w', `github.com/prometheus/prometheus/cmd/${name}@${VERSION}`];
  const code = await runCommand('go', args, { cwd: BIN, env: { ...process.env, GOBIN: BIN }, timeoutMs: BUILD_TIMEOUT_MS, signal });
  if (code !== 0) throw new LocalError('BUILD_FAILED', `${name} could not be built (go exited with ${code}): see above`);
  return path;
}
