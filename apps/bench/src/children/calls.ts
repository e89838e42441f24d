import { fork, type ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { SERVICE_NODE_ARGS } from '@ringback/testbed';

/** What a child process of the bench can be asked to do. Arguments and results are structured clones. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- the parameters of any function
export type Calls = Record<string, (...args: any[]) => unknown>;

interface Question {
  readonly number: number;
  readonly name: string;
  readonly args: readonly unknown[];
}
interface Answer {
  readonly number: number;
  readonly result?: unknown;
  readonly error?: string;
}

/** In the child: answers what the parent asks, and ends when the parent is gone, however that ended. */
export function serve(calls: Calls): void {
  // Ctrl-C reaches the whole group of the terminal: the parent ends its children in order.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => undefined);
  process.on('disconnect', () => process.exit(0));
  process.on('message', (question: Question) => {
    void (async () => {
      const { number, name, args } = question;
      try {
        process.send!({ number, result: await calls[name]!(...args) } satisfies Answer);
      } catch (error) {
        process.send!({ number, error: error instanceof Error ? (error.stack ?? error.message) : String(error) } satisfies Answer);
      }
    })();
  });
}

/** In the parent: a process of its own, so that its CPU time is measured apart and it takes none of the parent's turns. */
export class BenchChild<Of extends Calls> {
  readonly #process: ChildProcess;
  readonly #open = new Map<number, { resolve: (result: unknown) => void; reject: (error: Error) => void }>();
  #number = 0;

  /** @param script in this folder, without its ending: `sink-main` */
  constructor(private readonly script: string) {
    this.#process = fork(fileURLToPath(new URL(`./${script}.js`, import.meta.url)), {
      serialization: 'advanced',
      // What is compared with a service runs as it does.
      execArgv: [...SERVICE_NODE_ARGS],
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
    this.#process.on('message', (answer: Answer) => {
      const call = this.#open.get(answer.number);
      this.#open.delete(answer.number);
      if (answer.error === undefined) call?.resolve(answer.result);
      else call?.reject(new Error(`${script}: ${answer.error}`));
    });
    this.#process.on('exit', (code, signal) => this.#fail(new Error(`${script} ended (${signal ?? code})`)));
    this.#process.on('error', (error) => this.#fail(error));
  }

  get pid(): number {
    return this.#process.pid!;
  }

  async call<Name extends keyof Of & string>(name: Name, ...args: Parameters<Of[Name]>): Promise<Awaited<ReturnType<Of[Name]>>> {
    const number = ++this.#number;
    const result = new Promise<unknown>((resolve, reject) => this.#open.set(number, { resolve, reject }));
    if (!this.#process.connected) this.#fail(new Error(`${this.script} is gone`));
    else this.#process.send({ number, name, args } satisfies Question);
    return (await result) as Awaited<ReturnType<Of[Name]>>;
  }

  async stop(): Promise<void> {
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) return;
    const exited = new Promise((resolve) => this.#process.once('exit', resolve));
    this.#process.kill('SIGKILL');
    await exited;
  }

  #fail(error: Error): void {
    for (const { reject } of this.#open.values()) reject(error);
    this.#open.clear();
  }
}

/** Milliseconds of a clock that all processes of this machine share and that nobody sets: CLOCK_MONOTONIC. */
export function sharedClockMs(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}
