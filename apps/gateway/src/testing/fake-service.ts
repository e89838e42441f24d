import { createServer, type IncomingHttpHeaders, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { bearerToken, problemBody, verifyServiceToken } from '@ringback/service-runtime';
import type { ServiceName } from '../upstream/upstream-client.js';

export interface ReceivedRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  /** Whom the service token names. */
  readonly actor: string;
  /** How far it may reach; null: everywhere. */
  readonly offerIds: readonly number[] | null;
}

export interface FakeAnswer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as JSON; a string as it is. */
  readonly body?: unknown;
}

/**
 * A service as the gateway sees it, over real HTTP. It keeps the contract of all services: a valid token for itself or 401; JSON, or
 * problem+json from 400 on; the request id answered.
 */
export class FakeService {
  readonly requests: ReceivedRequest[] = [];
  /** What is answered. A function that takes the response answers by itself, or never. */
  answer: (request: ReceivedRequest, response: ServerResponse) => FakeAnswer | null = (request) => ({
    status: 200,
    body: { echo: request.url },
  });
  readonly #server: Server;

  private constructor(
    readonly name: ServiceName,
    private readonly secret: string,
  ) {
    this.#server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        void verifyServiceToken(bearerToken(request.headers.authorization), { secret: this.secret, audience: this.name }).then(
          (actor) => {
            const received = {
              method: request.method!,
              url: request.url!,
              headers: request.headers,
              body: Buffer.concat(chunks).toString('utf8'),
              actor: actor.name,
              offerIds: actor.offerIds,
            };
            this.requests.push(received);
            const answer = this.answer(received, response);
            if (answer !== null) send(response, answer, request.headers['x-request-id'] as string);
          },
          () => send(response, { status: 401, body: problemBody(401, 'a service token is needed') }, ''),
        );
      });
    });
  }

  static async start(name: ServiceName, secret: string, port = 0): Promise<FakeService> {
    const service = new FakeService(name, secret);
    await new Promise<void>((resolve) => service.#server.listen(port, '127.0.0.1', resolve));
    return service;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }
  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  last(): ReceivedRequest {
    const request = this.requests.at(-1);
    if (request === undefined) throw new Error(`${this.name} was not asked`);
    return request;
  }

  /** Breaks every connection and listens no more. */
  async stop(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    this.#server.closeAllConnections();
    await closed;
  }
}

function send(response: ServerResponse, answer: FakeAnswer, requestId: string): void {
  const type = answer.status >= 400 ? 'application/problem+json' : 'application/json; charset=utf-8';
  const bytes = answer.body === undefined ? '' : typeof answer.body === 'string' ? answer.body : JSON.stringify(answer.body);
  response.writeHead(answer.status, { ...(bytes === '' ? {} : { 'content-type': type }), 'x-request-id': requestId, ...answer.headers });
  response.end(bytes);
}
