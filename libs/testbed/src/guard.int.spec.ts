import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { eventually } from './eventually.js';
import { isSameProcess, processIdentity } from './process-identity.js';
import { WORKSPACE } from './workspace.js';

/** Starts a server that ignores the end of its parent, guarded, and prints its pid. */
const OWNER = `
import { registerHooks } from 'node:module';
registerHooks({ resolve: (s, c, next) => next(s.startsWith('.') && s.endsWith('.js') && c.parentURL.includes('/testbed/src/') ? new URL(s.replace(/js$/, 'ts'), c.parentURL).href : s, c) });
const { Child } = await import('${WORKSPACE}/libs/testbed/src/child.ts');
const child = Child.start({ name: 'ward', command: process.execPath, args: ['-e', 'setInterval(() => {}, 1000)'], logPath: process.argv[2], guard: 0 });
console.log(child.pid);
setInterval(() => {}, 1000);
`;

describe('what the testbed started', () => {
  it('ends with its owner, even when the owner is killed by SIGKILL', async () => {
    const room = mkdtempSync(join(tmpdir(), 'ringback-guard-'));
    const script = join(room, 'owner.mjs');
    writeFileSync(script, OWNER);
    const owner = spawn(process.execPath, ['--no-warnings', script, join(room, 'ward.log')], { stdio: ['ignore', 'pipe', 'inherit'] });
    try {
      const [line] = (await once(createInterface({ input: owner.stdout }), 'line')) as [string];
      const pid = Number(line);
      const identity = processIdentity(pid);
      expect(identity).not.toBeNull();
      owner.kill('SIGKILL');
      await eventually(() => !isSameProcess(pid, identity!));
    } finally {
      owner.kill('SIGKILL');
      rmSync(room, { recursive: true, force: true });
    }
  });
});
