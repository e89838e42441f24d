import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Child, type ExitStatus } from './child.js';
import { freePort } from './free-port.js';
import { TestbedError } from './testbed-error.js';
import { pinnedNode, WORKSPACE } from './workspace.js';

export interface ServiceOptions {
  /** Folder of the app under `apps/`. */
  app: string;
  /** For logs and messages; default the app's. */
  name?: string;
  /** Besides PORT, PATH and HOME, all that it gets: nothing of the shell's settings leaks in. */
  env: Readonly<Record<string, string>>;
  /** Default a free one. */
  port?: number;
  logFolder: string;
  /** Arguments of Node itself, e.g. `--import=/path/of/a/preload.mjs`. */
  nodeArgs?: readonly string[];
  readyTimeoutMs?: number;
  /** When the guard stops it, among services. */
  stopOrder?: number;
}

/**
 * How a service's Node.js is run, as images do. A young generation of up to three times 64 MB: what a thousand deliveries at once leave behind is
 * dead before it is looked through. And a collection that can be asked for, once, after the start.
 */
export const SERVICE_NODE_ARGS: readonly string[] = ['--expose-gc', '--max-semi-space-size=64'];

/** A service of the system, run from its build as in production: a process of its own on a port of its own. */
export class ServiceProcess {
  readonly name: string;
  readonly app: string;
  readonly port: number;
  readonly url: string;
  readonly logPath: string;
  readonly #o: ServiceOptions;
  #child: Child;

  private constructor(o: ServiceOptions, port: number) {
    this.#o = o;
    this.app = o.app;
    this.name = o.name ?? o.app;
    this.port = port;
    this.url = `http://127.0.0.1:${port}`;
    this.logPath = join(o.logFolder, `${this.name}.log`);
    this.#child = this.#launch();
  }

  /** Starts it and waits until it is ready. @throws {TestbedError} DIED, NOT_READY with the tail of its log. */
  static async start(o: ServiceOptions): Promise<ServiceProcess> {
    const service = ServiceProcess.launch(o, o.port ?? (await freePort()));
    await service.waitUntilReady();
    return service;
  }

  /** Starts it and does not wait. */
  static launch(o: ServiceOptions, port: number): ServiceProcess {
    return new ServiceProcess(o, port);
  }

  get pid(): number {
    return this.#child.pid;
  }
  get running(): boolean {
    return this.#child.running;
  }
  get exited(): Promise<ExitStatus> {
    return this.#child.exited;
  }
  get exitStatus(): ExitStatus | null {
    return this.#child.exitStatus;
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.signal(signal);
  }
  pause(): void {
    this.#child.pause();
  }
  resume(): void {
    this.#child.resume();
  }
  /** SIGKILL. */
  async kill(): Promise<ExitStatus> {
    return this.#child.kill();
  }
  /** SIGTERM, and SIGKILL when it is not gone within `graceMs` (45 s). @returns how it ended. */
  async stop(graceMs = 45_000): Promise<ExitStatus> {
    return this.#child.stop(graceMs);
  }
  /** A new process in its place, same port and settings; the old one is stopped in order if it still runs. */
  async restart(): Promise<void> {
    await this.stop();
    this.relaunch();
    await this.waitUntilReady();
  }
  /** As {@link restart}, of a process that has ended, without waiting until it is ready. */
  relaunch(): void {
    if (this.running) throw new Error(`${this.name} still runs`);
    this.#child = this.#launch();
  }

  /** @returns all that the running process wrote. */
  log(): string {
    return this.#child.log();
  }
  logTail(lines?: number): string {
    return this.#child.logTail(lines);
  }

  /** Resolves when `GET /health/ready` answers 200. @throws {TestbedError} DIED, NOT_READY with the tail of its log. */
  async waitUntilReady(): Promise<void> {
    const timeoutMs = this.#o.readyTimeoutMs ?? 60_000;
    const deadline = performance.now() + timeoutMs;
    while (this.running) {
      if (await this.isReady()) return;
      if (performance.now() > deadline)
        throw new TestbedError('NOT_READY', `${this.name} is not ready within ${timeoutMs} ms; its log ends with:\n${this.logTail()}`, {
          logTail: this.logTail(),
        });
      await delay(50);
    }
    throw new TestbedError(
      'DIED',
      `${this.name} ended while starting (${describeExit(this.exitStatus)}); its log ends with:\n${this.logTail()}`,
      {
        logTail: this.logTail(),
      },
    );
  }

  async isReady(): Promise<boolean> {
    try {
      const response = await fetch(`${this.url}/health/ready`, { signal: AbortSignal.timeout(2_000) });
      await response.body?.cancel();
      return response.ok;
    } catch {
      // Not listening yet, or too slow to say it is ready.
      return false;
    }
  }

  #launch(): Child {
    const main = join(WORKSPACE, 'apps', this.app, 'dist', 'main.js');
    if (!existsSync(main)) throw new TestbedError('DIED', `${main} is missing: build first (npm run build)`);
    return Child.start({
      name: this.name,
      command: pinnedNode(),
      args: ['--enable-source-maps', ...SERVICE_NODE_ARGS, ...(this.#o.nodeArgs ?? []), main],
      env: { ...bareEnvironment(), ...this.#o.env, PORT: String(this.port) },
      cwd: WORKSPACE,
      logPath: this.logPath,
      guard: this.#o.stopOrder ?? 0,
    });
  }
}

/** What any program needs of the shell's environment, and nothing that could set something. */
export function bareEnvironment(): Record<string, string> {
  return Object.fromEntries(
    ['PATH', 'HOME', 'TMPDIR', 'LANG', 'TZ'].flatMap((name) => (process.env[name] === undefined ? [] : [[name, process.env[name]!]])),
  );
}

export function describeExit(status: ExitStatus | null): string {
  if (status === null) return 'still running';
  return status.signal === null ? `exit code ${status.code}` : `killed by ${status.signal}`;
}
