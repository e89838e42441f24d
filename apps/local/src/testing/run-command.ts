import { spawn, type ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import { eventually, pinnedNode, WORKSPACE } from '@ringback/testbed';

/** A command of the local runtime as its user runs it: a process of its own whose lines are read. */
export class RunningCommand {
  output = '';
  exitCode: number | null = null;
  readonly exited: Promise<number | null>;

  private constructor(readonly process: ChildProcess) {
    for (const stream of [process.stdout, process.stderr])
      stream?.setEncoding('utf8').on('data', (chunk: string) => (this.output += chunk));
    this.exited = new Promise((resolve) => {
      process.once('close', (code) => {
        this.exitCode = code;
        resolve(code);
      });
    });
  }

  /** `npm start` without npm and without the build: what bootstrap.mjs hands over to. */
  static start(env: Readonly<Record<string, string>>): RunningCommand {
    return RunningCommand.run(pinnedNode(), [join(WORKSPACE, 'apps', 'local', 'dist', 'start.js')], env);
  }

  /** The way in, which looks for what must be there first. */
  static bootstrap(args: readonly string[], env: Readonly<Record<string, string>>): RunningCommand {
    return RunningCommand.run(pinnedNode(), [join(WORKSPACE, 'apps', 'local', 'bootstrap.mjs'), ...args], env);
  }

  private static run(command: string, args: readonly string[], env: Readonly<Record<string, string>>): RunningCommand {
    const base = { PATH: process.env['PATH'] ?? '', HOME: process.env['HOME'] ?? '/' };
    return new RunningCommand(spawn(command, [...args], { cwd: WORKSPACE, env: { ...base, ...env }, stdio: ['ignore', 'pipe', 'pipe'] }));
  }

  get pid(): number {
    return this.process.pid!;
  }

  /** Waits until a line was printed. @throws with all it printed, when it ends first or takes longer. */
  async waitForLine(line: string | RegExp, timeoutMs = 90_000): Promise<void> {
    const printed = () => (typeof line === 'string' ? this.output.includes(line) : line.test(this.output));
    await eventually(
      () => {
        if (!printed() && this.exitCode === null)
          throw new Error(`"${String(line)}" is not printed within ${timeoutMs} ms, but:\n${this.output}`);
        return true;
      },
      { timeoutMs, intervalMs: 50 },
    );
    if (!printed()) throw new Error(`it ended with ${this.exitCode} before "${String(line)}":\n${this.output}`);
  }
}
