import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { bareEnvironment } from './service-process.js';
import { TestbedError } from './testbed-error.js';
import { pinnedNode, WORKSPACE } from './workspace.js';

/**
 * Runs a built script of an app to its end, e.g. its `migrate.js`.
 * @throws {TestbedError} DIED with the last it said, when it fails or takes longer than `timeoutMs` (120 s).
 */
export async function runScript(
  app: string,
  script: string,
  o: { env: Readonly<Record<string, string>>; args?: readonly string[]; timeoutMs?: number },
) {
  const path = join(WORKSPACE, 'apps', app, 'dist', script);
  if (!existsSync(path)) throw new TestbedError('DIED', `${path} is missing: build first (npm run build)`);
  await new Promise<void>((resolve, reject) => {
    execFile(
      pinnedNode(),
      ['--enable-source-maps', path, ...(o.args ?? [])],
      {
        cwd: WORKSPACE,
        env: { ...bareEnvironment(), NODE_ENV: 'production', ...o.env },
        timeout: o.timeoutMs ?? 120_000,
        maxBuffer: 16 * 1024 * 1024,
      },
      (cause, stdout, stderr) => {
        if (cause === null) return resolve();
        const said = `${stdout}${stderr}`.trim().split('\n').slice(-20).join('\n');
        reject(new TestbedError('DIED', `${app}/${script} failed; it ends with:\n${said}`, { cause, logTail: said }));
      },
    );
  });
}
