import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, fstatSync, mkdirSync, openSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { sendSignal, signalTree } from './process-tree.js';
import { protect, unprotect, type StopOrder } from './guard.js';
import { TestbedError } from './testbed-error.js';

export interface ChildOptions {
  name: string;
  command: string;
  args: readonly string[];
  /** What it writes is appended here: it needs no reader, so it outlives nothing and blocks on nothing. */
  logPath: string;
  env?: NodeJS.ProcessEnv;
  cwd?: string;
  uid?: number;
  gid?: number;
  /** The signal that ends it in order. Default SIGTERM. */
  stopSignal?: NodeJS.Signals;
  /** Whom the guard stops first when this process is gone: services, then Kafka, then PostgreSQL. `null`: it may outlive this process. */
  guard: StopOrder | null;
}

export interface ExitStatus {
  code: number | null;
  signal: NodeJS.Signals | null;
}

/**
 * A process of the testbed: leader of its own process group, so that Ctrl-C in a terminal reaches only the one who stops it in order.
 */
export class Child {
  readonly pid: number;
  readonly name: string;
  readonly logPath: string;
  readonly exited: Promise<ExitStatus>;
  exitStatus: ExitStatus | null = null;
  readonly #process: ChildProcess;
  readonly #stopSignal: NodeJS.Signals;
  /** Where this process's own lines begin: the file may hold those of earlier ones. */
  readonly #logStart: number;

  private constructor(o: ChildOptions, child: ChildProcess, pid: number, logStart: number, exited: Promise<ExitStatus>) {
    this.pid = pid;
    this.#process = child;
    this.#logStart = logStart;
    this.name = o.name;
    this.logPath = o.logPath;
    this.#stopSignal = o.stopSignal ?? 'SIGTERM';
    this.exited = exited;
  }

  /** @throws {TestbedError} when the command cannot be run at all. */
  static start(o: ChildOptions): Child {
    mkdirSync(dirname(o.logPath), { recursive: true });
    const log = openSync(o.logPath, 'a');
    const logStart = fstatSync(log).size;
    try {
      const child = spawn(o.command, [...o.args], {
        detached: true,
        stdio: ['ignore', log, log],
        env: o.env ?? process.env,
        cwd: o.cwd,
        uid: o.uid,
        gid: o.gid,
      });
      const pid = child.pid;
      const exited = new Promise<ExitStatus>((resolve) => {
        child.once('exit', (code, signal) => resolve({ code, signal }));
        child.once('error', () => resolve({ code: null, signal: null }));
      });
      if (pid === undefined) throw new TestbedError('DIED', `${o.name} cannot be started: ${o.command} is missing or not executable`);
      const started = new Child(o, child, pid, logStart, exited);
      // A forgotten one must not keep this process from ending: the guard ends it then.
      child.unref();
      if (o.guard !== null) protect(pid, { name: o.name, signal: o.stopSignal ?? 'SIGTERM', order: o.guard });
      void exited.then((status) => {
        started.exitStatus = status;
        unprotect(pid);
      });
      return started;
    } finally {
      closeSync(log);
    }
  }

  get running(): boolean {
    return this.exitStatus === null;
  }

  /** A signal to this process alone. */
  signal(signal: NodeJS.Signals): void {
    if (this.running) sendSignal(this.pid, signal);
  }

  /** SIGSTOP to it and all that descends from it: alive, holding its sockets, answering nothing. */
  pause(): void {
    if (this.running) signalTree(this.pid, 'SIGSTOP');
  }

  resume(): void {
    if (this.running) signalTree(this.pid, 'SIGCONT');
  }

  /** SIGKILL to it and all that descends from it; resolves when it is gone. */
  async kill(): Promise<ExitStatus> {
    if (!this.running) return this.exited;
    this.#process.ref();
    signalTree(this.pid, 'SIGKILL');
    return this.exited;
  }

  /** Its own stop signal, then SIGKILL when it is not gone within `graceMs`. A paused one is woken first. */
  async stop(graceMs = 30_000): Promise<ExitStatus> {
    if (!this.running) return this.exited;
    this.#process.ref();
    this.resume();
    this.signal(this.#stopSignal);
    const timer = setTimeout(() => void this.kill(), graceMs);
    try {
      return await this.exited;
    } finally {
      clearTimeout(timer);
    }
  }

  /** @returns the last of what this process wrote, by default 30 lines. */
  logTail(lines = 30): string {
    return this.log().trimEnd().split('\n').slice(-lines).join('\n');
  }

  /** @returns all that this process wrote. */
  log(): string {
    return readFileSync(this.logPath).subarray(this.#logStart).toString('utf8');
  }
}
