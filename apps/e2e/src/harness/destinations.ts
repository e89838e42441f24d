import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';

/**
 * What a destination does with a request: `answers` 200; `hangs`: accepts and never answers; `drips` its answer, a byte a second, so that
 * it never comes to the status' end; `fails` with 500; `refuses` connections.
 */
export type Behaviour = 'answers' | 'hangs' | 'drips' | 'fails' | 'refuses';

/** What is held back is answered past Node's own response, which can neither drip nor be finished later, so its connection ends. */
const ANSWER = Buffer.from('HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 0\r\n\r\n');
/** A whole status line counts as an answer: dripping goes no further. */
const DRIPPED_BYTES = 'HTTP/1.1 200 O'.length;

/** A request that is held back by `hangs` or `drips`. */
interface Held {
  readonly target: string;
  readonly socket: Socket;
  sentBytes: number;
}

/** One server on a port of its own. It counts what it got and what it answered 200, by request target. */
export class Destination {
  /** How often each target was asked for. */
  readonly received = new Map<string, number>();
  /** How often each target was answered 200, to its end and while its sender was there. */
  readonly answered = new Map<string, number>();
  readonly #held = new Set<Held>();
  readonly #sockets = new Set<Socket>();
  #server: Server;
  #behaviour: Behaviour = 'answers';

  private constructor(
    server: Server,
    readonly port: number,
  ) {
    this.#server = server;
    this.#attach(server);
  }

  static async start(): Promise<Destination> {
    const server = createServer();
    await listen(server, 0);
    return new Destination(server, (server.address() as AddressInfo).port);
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** Requests that were accepted, and that nothing has been said to yet; those whose sender gave up are gone. */
  get held(): number {
    return this.#held.size;
  }

  /** How it treats requests from now on. What it holds back stays so: see {@link release}. */
  async turn(behaviour: Behaviour): Promise<void> {
    const before = this.#behaviour;
    this.#behaviour = behaviour;
    if (behaviour === 'refuses') await this.#close();
    else if (before === 'refuses') {
      this.#server = createServer();
      this.#attach(this.#server);
      await listen(this.#server, this.port);
    }
  }

  /** Answers what is held back. */
  release(): void {
    for (const held of this.#held) {
      held.socket.end(ANSWER.subarray(held.sentBytes));
      this.#count(this.answered, held.target);
    }
    this.#held.clear();
  }

  /** Sends the next byte of what drips. */
  drip(): void {
    if (this.#behaviour !== 'drips') return;
    for (const held of this.#held) {
      if (held.sentBytes < DRIPPED_BYTES) held.socket.write(ANSWER.subarray(held.sentBytes, ++held.sentBytes));
    }
  }

  async stop(): Promise<void> {
    if (this.#server.listening) await this.#close();
  }

  #attach(server: Server): void {
    // A server that closes first would race with its sender's next request.
    server.keepAliveTimeout = 120_000;
    server.requestTimeout = 0;
    server.on('connection', (socket) => {
      this.#sockets.add(socket);
      socket.on('close', () => this.#sockets.delete(socket));
    });
    server.on('request', (request, response) => this.#take(request, response));
  }

  #take(request: IncomingMessage, response: ServerResponse): void {
    const target = request.url!;
    this.#count(this.received, target);
    request.resume();
    if (this.#behaviour === 'hangs' || this.#behaviour === 'drips') {
      const held: Held = { target, socket: request.socket, sentBytes: 0 };
      this.#held.add(held);
      request.socket.once('close', () => this.#held.delete(held));
      return;
    }
    response.statusCode = this.#behaviour === 'fails' ? 500 : 200;
    response.on('finish', () => {
      if (response.statusCode === 200) this.#count(this.answered, target);
    });
    response.end();
  }

  #count(counts: Map<string, number>, target: string): void {
    counts.set(target, (counts.get(target) ?? 0) + 1);
  }

  async #close(): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve));
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }
}

/** Many destinations in one process: a hundred small servers, where a receiver that records everything would be too heavy. */
export class Destinations {
  readonly #dripping: NodeJS.Timeout;

  private constructor(readonly all: readonly Destination[]) {
    this.#dripping = setInterval(() => {
      for (const destination of all) destination.drip();
    }, 1_000);
  }

  static async start(count: number): Promise<Destinations> {
    return new Destinations(await Promise.all(Array.from({ length: count }, () => Destination.start())));
  }

  async stop(): Promise<void> {
    clearInterval(this.#dripping);
    await Promise.all(this.all.map((destination) => destination.stop()));
  }
}

async function listen(server: Server, port: number): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', 1024, resolve);
  });
}
