import { ProblemError, problem, traceparentOf, type Logger } from '@ringback/service-runtime';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { isAudited, noteBefore } from '../audit/audit-trail.js';
import { edgeContext } from '../http/http-edge.js';
import type { JsonBody } from '../http/json-body.js';
import { fillPath } from '../http/path-parameters.js';
import type { ServiceName, UpstreamClient, UpstreamRequest, UpstreamResult } from './upstream-client.js';

export type UpstreamAnswer = Extract<UpstreamResult, { kind: 'answer' }>;

/** Request headers that services understand; all others stay here. */
const TO_SERVICE = ['content-type', 'if-match', 'if-none-match', 'idempotency-key'] as const;
/** Answer headers that are the client's business. */
const TO_CLIENT = ['content-type', 'etag', 'location', 'retry-after'] as const;
/** Those of an answer that is passed on as it comes. */
const TO_CLIENT_STREAMED = ['content-type', 'content-disposition'] as const;

/** Passes requests on to the service that owns the data, and its answers back, byte for byte. */
export class Forwarder {
  constructor(
    private readonly upstream: UpstreamClient,
    private readonly logger: Logger,
  ) {}

  /** Passes the whole request on. @param body sent in place of the request's own. @param atLeastMs that the service is waited for */
  async forward(service: ServiceName, request: FastifyRequest, reply: FastifyReply, body?: Buffer, atLeastMs?: number): Promise<void> {
    const { endpoint, parameters, caller } = edgeContext(request);
    const query = request.url.indexOf('?');
    const path = fillPath(endpoint.path, parameters) + (query === -1 ? '' : request.url.slice(query));
    const bytes = body ?? (request.body as JsonBody | undefined)?.bytes;
    const headers = Object.fromEntries(TO_SERVICE.map((name) => [name, single(request.headers[name])]));
    if (bytes === undefined) delete headers['content-type'];
    if (endpoint.before !== undefined && isAudited(endpoint, caller))
      await this.#noteBefore(service, fillPath(endpoint.before, parameters), request);
    this.relay(reply, await this.ask({ service, method: request.method, path, headers, body: bytes, atLeastMs }, request));
  }

  /**
   * Passes a GET on, and a long answer back as it comes, no faster than the client reads it. When the service breaks off, so does the answer:
   * the client sees that it is not whole. When the client goes away, the service hears of it.
   */
  async stream(service: ServiceName, request: FastifyRequest, reply: FastifyReply): Promise<void> {
    const { endpoint, parameters, caller } = edgeContext(request);
    if (caller === null) throw new Error('an open route asks no service');
    const query = request.url.indexOf('?');
    const path = fillPath(endpoint.path, parameters) + (query === -1 ? '' : request.url.slice(query));
    const headers = { accept: '*/*', 'x-request-id': request.id, traceparent: traceparentOf(request) };
    const result = await this.upstream.stream({
      service,
      method: 'GET',
      path,
      headers,
      actor: { name: caller.name, offerIds: caller.scope.offerIds },
    });
    if (result.kind !== 'stream') return this.relay(reply, this.#answered(result, { service, method: 'GET' }));
    for (const name of TO_CLIENT_STREAMED) {
      const value = result.headers[name];
      if (value !== undefined) void reply.header(name, value);
    }
    result.body.on('error', (error) => this.logger.warn({ error, requestId: request.id, service }, 'a long answer broke off'));
    await reply.status(200).send(result.body);
  }

  /**
   * Asks a service on behalf of the request's caller.
   * @throws {ProblemError} 503 when it is away or too slow, 502 when its answer cannot be used; both name it.
   */
  async ask(asked: Omit<UpstreamRequest, 'actor'>, request: FastifyRequest): Promise<UpstreamAnswer> {
    const { caller } = edgeContext(request);
    if (caller === null) throw new Error('an open route asks no service');
    const method = asked.method === 'HEAD' ? 'GET' : asked.method;
    const headers = { ...asked.headers, 'x-request-id': request.id, traceparent: traceparentOf(request) };
    const result = await this.upstream.call({ ...asked, method, headers, actor: { name: caller.name, offerIds: caller.scope.offerIds } });
    return this.#answered(result, { service: asked.service, method });
  }

  #answered(result: UpstreamResult, { service, method }: { service: ServiceName; method: string }): UpstreamAnswer {
    switch (result.kind) {
      case 'answer':
        return this.#usable(result, service);
      case 'unavailable':
        throw problem.unavailable(unavailableDetail(service, method, result.sent), result.cause);
      case 'unusable':
        throw new ProblemError(502, `${service}: ${result.why}`, { cause: result.cause });
    }
  }

  /** What is there before a change, for the audit log. Where it cannot be read, neither can it be changed, or there is nothing yet. */
  async #noteBefore(service: ServiceName, path: string, request: FastifyRequest): Promise<void> {
    const answer = await this.ask({ service, method: 'GET', path }, request);
    if (answer.status === 200) noteBefore(request, readJson(answer, service));
  }

  /** Answers the client with a service's answer. */
  relay(reply: FastifyReply, answer: UpstreamAnswer): void {
    for (const name of TO_CLIENT) {
      const value = answer.headers[name];
      if (value !== undefined) void reply.header(name, value);
    }
    void reply.status(answer.status).send(answer.body.length === 0 ? undefined : answer.body);
  }

  /** A service that refuses the gateway itself is misconfigured: that is nothing the client could mend by signing in. */
  #usable(answer: UpstreamAnswer, service: ServiceName): UpstreamAnswer {
    if (answer.status === 401 || answer.status === 403) {
      this.logger.error({ service, status: answer.status }, 'a service refuses the gateway: SERVICE_TOKEN_SECRET must be the same in both');
      throw new ProblemError(502, `${service} does not accept the gateway: its settings must be mended`);
    }
    const mediaType = answer.headers['content-type'] ?? '';
    if (answer.body.length > 0 && !/^application\/(?:[a-z]+\+)?json\b/i.test(mediaType))
      throw new ProblemError(502, `${service}: its answer is not JSON`);
    if (answer.status < 200 || (answer.status >= 300 && answer.status < 400 && answer.status !== 304))
      throw new ProblemError(502, `${service}: it answered ${answer.status}`);
    return answer;
  }
}

/** @returns the object that a service answered. @throws {ProblemError} 502 when it is none. */
export function readJson(answer: UpstreamAnswer, service: ServiceName): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(answer.body.toString('utf8'));
    if (typeof value === 'object' && value !== null) return value as Record<string, unknown>;
    throw new TypeError('no object');
  } catch (cause) {
    throw new ProblemError(502, `${service}: its answer is not the JSON it says it is`, { cause });
  }
}

function unavailableDetail(service: ServiceName, method: string, sent: boolean): string {
  if (!sent) return `${service} is away: try again shortly`;
  if (method === 'GET') return `${service} did not answer in time: try again shortly`;
  return `${service} did not answer in time, and may have done what was asked: look before asking again, or repeat with the same Idempotency-Key`;
}

function single(header: string | string[] | undefined): string | undefined {
  return Array.isArray(header) ? header.join(', ') : header;
}
