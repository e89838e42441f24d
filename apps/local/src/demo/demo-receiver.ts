import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What one path of the receiver has seen. */
export interface PathCount {
  requests: number;
  /** Different `webhook-id`s that were answered 200. */
  delivered: Set<string>;
  /** The last request as a person reads it. */
  last: string;
}

/** The demo's third party: answers everything with 200 after a moment, but `/flaky` refuses each delivery's first attempt with 503. */
export class DemoReceiver {
  readonly paths = new Map<string, PathCount>();
  readonly #seen = new Set<string>();

  private constructor(
    readonly url: string,
    private readonly server: Server,
  ) {}

  static async start(): Promise<DemoReceiver> {
    const server = createServer();
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(0, '127.0.0.1', resolve);
    });
    const receiver = new DemoReceiver(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, server);
    server.keepAliveTimeout = 120_000;
    server.on('request', (request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('error', () => undefined);
      request.on('end', () => {
        const status = receiver.#take(request.method ?? '', request.url ?? '', request.headers, Buffer.concat(chunks).toString('utf8'));
        setTimeout(() => response.writeHead(status).end(status === 200 ? 'ok' : 'not now'), 5 + Math.random() * 30);
      });
    });
    return receiver;
  }

  get requests(): number {
    return [...this.paths.values()].reduce((sum, { requests }) => sum + requests, 0);
  }
  get deliveries(): number {
    return [...this.paths.values()].reduce((sum, { delivered }) => sum + delivered.size, 0);
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  #take(method: string, target: string, headers: Record<string, unknown>, body: string): number {
    const path = target.split('?', 1)[0]!;
    const id = String(headers['webhook-id']);
    const count = this.paths.get(path) ?? { requests: 0, delivered: new Set<string>(), last: '' };
    this.paths.set(path, count);
    count.requests++;
    count.last = [method, target, headers['authorization'] ? 'with Authorization' : '', body].filter((part) => part !== '').join(' ');
    const refused = path === '/flaky' && !this.#seen.has(id);
    this.#seen.add(id);
    if (!refused) count.delivered.add(id);
    return refused ? 503 : 200;
  }
}
