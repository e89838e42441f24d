/** A profile as V8 writes it: `.cpuprofile`. */
export interface CpuProfile {
  readonly nodes: readonly {
    readonly id: number;
    readonly callFrame: { readonly functionName: string; readonly url: string; readonly lineNumber: number };
    readonly hitCount?: number;
    readonly children?: readonly number[];
  }[];
  readonly samples?: readonly number[];
  readonly timeDeltas?: readonly number[];
}

export interface HeapUse {
  /** Alive after a collection: objects, and buffers beside the heap. */
  readonly usedBytes: number;
  readonly timers: number;
  readonly sockets: number;
}

const ANSWER_MS = 60_000;

/** Asks a running Node over its inspector (`--inspect=127.0.0.1:<port>`), which costs it nothing until it is asked. */
export class Inspector {
  #number = 0;
  readonly #open = new Map<number, { resolve: (result: never) => void; reject: (error: Error) => void }>();

  private constructor(private readonly socket: WebSocket) {
    socket.addEventListener('message', ({ data }) => {
      const answer = JSON.parse(String(data)) as { id?: number; result?: unknown; error?: { message: string } };
      if (answer.id === undefined) return;
      const call = this.#open.get(answer.id);
      this.#open.delete(answer.id);
      if (answer.error === undefined) call?.resolve(answer.result as never);
      else call?.reject(new Error(answer.error.message));
    });
    socket.addEventListener('close', () => {
      for (const { reject } of this.#open.values()) reject(new Error('the inspector is gone'));
      this.#open.clear();
    });
  }

  /** @param port of the inspector */
  static async attach(port: number): Promise<Inspector> {
    const targets = (await (await fetch(`http://127.0.0.1:${port}/json/list`, { signal: AbortSignal.timeout(ANSWER_MS) })).json()) as {
      webSocketDebuggerUrl: string;
    }[];
    const socket = new WebSocket(targets[0]!.webSocketDebuggerUrl);
    await new Promise((resolve, reject) => {
      socket.addEventListener('open', resolve, { once: true });
      socket.addEventListener('error', () => reject(new Error(`no inspector at port ${port}`)), { once: true });
    });
    return new Inspector(socket);
  }

  async startProfile(): Promise<void> {
    await this.#call('Profiler.enable');
    await this.#call('Profiler.setSamplingInterval', { interval: 500 });
    await this.#call('Profiler.start');
  }

  async stopProfile(): Promise<CpuProfile> {
    return (await this.#call<{ profile: CpuProfile }>('Profiler.stop')).profile;
  }

  /** Collects garbage, then says what is alive. */
  async heapUse(): Promise<HeapUse> {
    await this.#call('HeapProfiler.enable');
    // Twice: what finalizers let go of in the first goes in the second.
    for (let round = 0; round < 2; round++) await this.#call('HeapProfiler.collectGarbage');
    await this.#call('HeapProfiler.disable');
    const expression = `(() => { const { heapUsed, external } = process.memoryUsage(); const active = process.getActiveResourcesInfo();
      return { usedBytes: heapUsed + external, timers: active.filter((name) => name === 'Timeout').length,
        sockets: active.filter((name) => name === 'TCPSocketWrap').length }; })()`;
    return (await this.#call<{ result: { value: HeapUse } }>('Runtime.evaluate', { expression, returnByValue: true })).result.value;
  }

  close(): void {
    this.socket.close();
  }

  #call<Result = unknown>(method: string, params: object = {}): Promise<Result> {
    const id = ++this.#number;
    return new Promise<Result>((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`${method} is not answered`)), ANSWER_MS);
      const settle =
        <Value>(then: (value: Value) => void) =>
        (value: Value) => {
          clearTimeout(timer);
          then(value);
        };
      this.#open.set(id, { resolve: settle(resolve as (result: never) => void), reject: settle(reject) });
      this.socket.send(JSON.stringify({ id, method, params }));
    });
  }
}
