import { createServer, type Server, type Socket } from 'node:net';

/** How a destination answers. */
export type Behaviour =
  /** `delay`: none, so many ms, or log-normal as trackers answer (p50 80 ms, p99 1 s). */
  | { readonly kind: 'answer'; readonly status: number; readonly delay: 'none' | 'log-normal' | number }
  /** Accepts and never answers. */
  | { readonly kind: 'hang' }
  /** Nothing listens. */
  | { readonly kind: 'refuse' }
  /** One byte of the answer a second, from its first. */
  | { readonly kind: 'drip' };

export const FAST: Behaviour = { kind: 'answer', status: 200, delay: 'none' };
export const AS_TRACKERS: Behaviour = { kind: 'answer', status: 200, delay: 'log-normal' };

/** A request as it came. */
export interface SinkRequest {
  readonly head: string;
  readonly body: Buffer;
  readonly socket: SinkSocket;
}

export interface SinkSocket {
  readonly socket: Socket;
  /** Requests read and not answered: one at most, since nobody here pipelines. */
  pending: number;
}

const HEAD_END = Buffer.from('\r\n\r\n');

/** One destination: a port of 127.0.0.1. Reads HTTP/1.1 with as little work as can be, so that the sink is not what is measured. */
export class SinkPort {
  behaviour: Behaviour = FAST;
  requests = 0;
  answered = 0;
  repeats = 0;
  open = 0;
  /** From the recording of an event to the request for it, and to its first 2xx, in ms. */
  startMs: number[] = [];
  answeredMs: number[] = [];
  readonly #sockets = new Set<Socket>();
  #server: Server | null = null;

  constructor(
    readonly port: number,
    private readonly onRequest: (request: SinkRequest, port: SinkPort) => void,
  ) {}

  async behave(behaviour: Behaviour): Promise<void> {
    this.behaviour = behaviour;
    if (behaviour.kind === 'refuse') await this.#close();
    else if (this.#server === null) await this.#listen();
    // What was left hanging is of the past: its senders learn at once.
    if (behaviour.kind === 'answer') for (const socket of this.#stuck()) socket.destroy();
  }

  forget(): void {
    this.requests = this.answered = this.repeats = 0;
    this.startMs = [];
    this.answeredMs = [];
  }

  readonly #held = new Set<SinkSocket>();

  /** Keeps a request that is not going to be answered. */
  hold(socket: SinkSocket): void {
    this.#held.add(socket);
  }

  #stuck(): Socket[] {
    const stuck = [...this.#held].map(({ socket }) => socket);
    this.#held.clear();
    return stuck;
  }

  async #listen(): Promise<void> {
    const server = createServer({ noDelay: true }, (socket) => this.#accept(socket));
    this.#server = server;
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(this.port, '127.0.0.1', 4_096, resolve);
    });
  }

  async #close(): Promise<void> {
    const server = this.#server;
    this.#server = null;
    if (server === null) return;
    const closed = new Promise((resolve) => server.close(resolve));
    for (const socket of this.#sockets) socket.resetAndDestroy();
    await closed;
  }

  #accept(socket: Socket): void {
    this.#sockets.add(socket);
    const state: SinkSocket = { socket, pending: 0 };
    let rest: Buffer | null = null;
    socket.on('data', (chunk: Buffer) => {
      let buffer = rest === null ? chunk : Buffer.concat([rest, chunk]);
      rest = null;
      for (;;) {
        const end = buffer.indexOf(HEAD_END);
        if (end === -1) break;
        const head = buffer.toString('latin1', 0, end);
        const length = Number(/\r\ncontent-length: *(\d+)/i.exec(head)?.[1] ?? 0);
        const whole = end + 4 + length;
        if (buffer.length < whole) break;
        state.pending++;
        this.open++;
        this.requests++;
        this.onRequest({ head, body: buffer.subarray(end + 4, whole), socket: state }, this);
        buffer = buffer.subarray(whole);
      }
      if (buffer.length > 0) rest = buffer;
    });
    // A sender that gives up resets its connection.
    socket.on('error', () => undefined);
    socket.on('close', () => {
      this.#sockets.delete(socket);
      this.#held.delete(state);
      this.open -= state.pending;
      state.pending = 0;
    });
  }
}
