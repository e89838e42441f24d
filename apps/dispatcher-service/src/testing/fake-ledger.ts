import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { eventSearchSchema, type ConversionEvent } from '@ringback/contracts';
import { bearerToken, verifyServiceToken } from '@ringback/service-runtime';
import { SERVICE_TOKEN_SECRET } from './dispatchers-under-test.js';

/** conversions-service as far as events go, over real HTTP: a valid token for it, or 401; the events in the order of the search, or null. */
export class FakeLedger {
  /** While it is away every question is answered 503. */
  isAway = false;
  /** Most events in one answer. */
  maxItems = Infinity;
  /** Questions so far, by how many events each was for. */
  readonly asked: number[] = [];
  readonly #events = new Map<string, ConversionEvent>();

  private constructor(private readonly server: Server) {}

  static async start(): Promise<FakeLedger> {
    const server = createServer();
    const ledger = new FakeLedger(server);
    server.on('request', (request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        const token = bearerToken(request.headers.authorization);
        void verifyServiceToken(token, { secret: SERVICE_TOKEN_SECRET, audience: 'conversions-service' }).then(
          () => ledger.#answer(JSON.parse(Buffer.concat(chunks).toString('utf8')), response),
          () => response.writeHead(401).end(),
        );
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return ledger;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  record(...events: ConversionEvent[]): void {
    for (const event of events) this.#events.set(keyOf(event), event);
  }

  forget(event: ConversionEvent): void {
    this.#events.delete(keyOf(event));
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  #answer(body: unknown, response: ServerResponse): void {
    const { events } = eventSearchSchema.parse(body);
    this.asked.push(events.length);
    if (this.isAway) {
      response.writeHead(503).end();
      return;
    }
    const items = events
      .map(({ conversionId, version }) => this.#events.get(`${conversionId} ${version}`) ?? null)
      .slice(0, Math.max(1, this.maxItems));
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ items }));
  }
}

function keyOf({ data: { conversion } }: ConversionEvent): string {
  return `${conversion.id} ${conversion.version}`;
}
