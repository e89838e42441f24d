import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { eventually } from './eventually.js';

export interface ReceivedRequest {
  /** 0, 1, 2… in order of arrival. */
  readonly index: number;
  readonly method: string;
  /** Path without the query. */
  readonly path: string;
  /** The request target as it stood on the wire, one character per byte. */
  readonly rawUrl: string;
  readonly query: URLSearchParams;
  /** Name and value as sent, in order, repeats included; one character per byte. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: Buffer;
  /** `webhook-id`: the delivery's id. */
  readonly webhookId: string | undefined;
  /** When the request had arrived whole, ms since the epoch. */
  readonly at: number;
  /** `open` until it is answered, or its sender went away. */
  outcome: 'open' | 'answered' | 'aborted';
  /** @returns the first value of a header, whatever its case. */
  header(name: string): string | undefined;
}

export interface Answer {
  /** Default 200. */
  status?: number;
  headers?: Record<string, string | string[]>;
  /** Strings go out as UTF-8; a Buffer holds anything, NUL and broken UTF-8 too. */
  body?: string | Buffer;
  delayMs?: number;
}
/** `hang`: never answers. `reset`: the connection is torn down. */
export type AnswerOrFault = Answer | 'hang' | 'reset';
/** A request with this header is the receiver's own, and kept nowhere. */
const CATCHING_UP = 'x-catching-up';

export type Answering = AnswerOrFault | ((request: ReceivedRequest) => AnswerOrFault | Promise<AnswerOrFault>);

/**
 * A real HTTP server on 127.0.0.1 that keeps every request as it stood on the wire, and answers as it is told (200 with no body at first).
 */
export class RecordingReceiver {
  readonly requests: ReceivedRequest[] = [];
  /** Origin and no path: `http://127.0.0.1:<port>`. */
  readonly url: string;
  readonly port: number;
  /** Most requests that were open at one time. */
  maxOpen = 0;
  #open = 0;
  #server: Server;
  #answering: Answering = {};
  readonly #sockets = new Set<Socket>();
  readonly #countById = new Map<string, number>();

  private constructor(server: Server, port: number) {
    this.port = port;
    this.url = `http://127.0.0.1:${port}`;
    this.#server = server;
  }

  static async start(o: { answer?: Answering; port?: number } = {}): Promise<RecordingReceiver> {
    const server = createServer();
    await listen(server, o.port ?? 0);
    const receiver = new RecordingReceiver(server, (server.address() as AddressInfo).port);
    receiver.#attach(server);
    if (o.answer !== undefined) receiver.answer(o.answer);
    return receiver;
  }

  /** How requests from now on are answered: always the same, or by what each one is. */
  answer(answering: Answering): void {
    this.#answering = answering;
  }

  /** Requests that have arrived and are not answered yet. */
  get open(): number {
    return this.#open;
  }

  /** How many requests came for each `webhook-id`. */
  countsById(): ReadonlyMap<string, number> {
    return this.#countById;
  }

  /** Requests beyond the first of each `webhook-id`. */
  get repeats(): number {
    let repeats = 0;
    for (const count of this.#countById.values()) repeats += count - 1;
    return repeats;
  }

  /** @returns the requests to one path. */
  on(path: string): ReceivedRequest[] {
    return this.requests.filter((request) => request.path === path);
  }

  /** Waits until at least `count` requests have arrived (in all, or such that `matches`), and returns them. */
  async waitFor(
    count: number,
    o: { timeoutMs?: number; matches?: (request: ReceivedRequest) => boolean } = {},
  ): Promise<ReceivedRequest[]> {
    const { timeoutMs = 30_000, matches } = o;
    const arrived = () => (matches === undefined ? this.requests : this.requests.filter(matches));
    await eventually(
      () => {
        if (arrived().length < count) throw new Error(`${arrived().length} of ${count} requests have arrived within ${timeoutMs} ms`);
        return true;
      },
      { timeoutMs },
    );
    return [...arrived()];
  }

  /** Waits until at least `count` different `webhook-id`s have been seen. */
  async waitForIds(count: number, o: { timeoutMs?: number } = {}): Promise<void> {
    const { timeoutMs = 30_000 } = o;
    await eventually(
      () => {
        if (this.#countById.size < count)
          throw new Error(`${this.#countById.size} of ${count} deliveries have arrived within ${timeoutMs} ms`);
        return true;
      },
      { timeoutMs },
    );
  }

  /**
   * Resolves once all has been read that senders had written when it was called, such as what one wrote before it died: the kernel hands out
   * connections in order, and the bytes of each with or before those of a later one.
   */
  async caughtUp(): Promise<void> {
    // By the first answer everything is accepted, by the second it is read.
    for (let turn = 0; turn < 2; turn++) await (await fetch(this.url, { headers: { [CATCHING_UP]: '1', connection: 'close' } })).text();
  }

  /** Forgets what has arrived. */
  clear(): void {
    this.requests.length = 0;
    this.#countById.clear();
    this.maxOpen = this.#open;
  }

  /** From now on connections are refused; open ones are torn down. */
  async refuse(): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve));
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  /** Takes connections again, on the same port. */
  async accept(): Promise<void> {
    if (this.#server.listening) return;
    this.#server = createServer();
    this.#attach(this.#server);
    await listen(this.#server, this.port);
  }

  async stop(): Promise<void> {
    if (this.#server.listening) await this.refuse();
  }

  #attach(server: Server): void {
    // A sender's keep-alive outlives our default of 5 s, and a server that closes first would race with its next request.
    server.keepAliveTimeout = 120_000;
    server.requestTimeout = 0;
    server.on('connection', (socket) => {
      this.#sockets.add(socket);
      socket.on('close', () => this.#sockets.delete(socket));
    });
    server.on('request', (request, response) => {
      if (request.headers[CATCHING_UP] !== undefined) {
        response.end();
        return;
      }
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      // A request that is cut off before its end never arrived.
      request.on('error', () => undefined);
      request.on('end', () => void this.#received(record(this.requests.length, request, Buffer.concat(chunks)), request, response));
    });
  }

  async #received(received: ReceivedRequest, request: IncomingMessage, response: ServerResponse): Promise<void> {
    this.requests.push(received);
    if (received.webhookId !== undefined) this.#countById.set(received.webhookId, (this.#countById.get(received.webhookId) ?? 0) + 1);
    this.#open++;
    this.maxOpen = Math.max(this.maxOpen, this.#open);
    response.once('close', () => {
      this.#open--;
      received.outcome = response.writableFinished ? 'answered' : 'aborted';
    });
    const answer = typeof this.#answering === 'function' ? await this.#answering(received) : this.#answering;
    if (answer === 'hang') return;
    if (answer === 'reset') {
      request.socket.resetAndDestroy();
      return;
    }
    if (answer.delayMs === undefined) send(response, answer);
    else setTimeout(() => send(response, answer), answer.delayMs);
  }
}

function send(response: ServerResponse, answer: Answer): void {
  if (response.destroyed) return;
  response.writeHead(answer.status ?? 200, answer.headers);
  response.end(answer.body);
}

function record(index: number, request: IncomingMessage, body: Buffer): ReceivedRequest {
  const rawUrl = request.url ?? '';
  const [path = '', ...query] = rawUrl.split('?');
  const headers = Array.from(
    { length: request.rawHeaders.length / 2 },
    (_, i) => [request.rawHeaders[2 * i]!, request.rawHeaders[2 * i + 1]!] as const,
  );
  const header = (name: string) => headers.find(([key]) => key.toLowerCase() === name.toLowerCase())?.[1];
  return {
    index,
    method: request.method ?? '',
    path,
    rawUrl,
    query: new URLSearchParams(query.join('?')),
    headers,
    body,
    webhookId: header('webhook-id'),
    at: Date.now(),
    outcome: 'open',
    header,
  };
}

async function listen(server: Server, port: number): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', 4096, resolve);
  });
}
