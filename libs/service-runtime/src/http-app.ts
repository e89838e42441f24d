import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { PROBLEM_CONTENT_TYPE } from '@ringback/contracts';
import type { DynamicModule, Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { drainConnections } from './drain-connections.js';
import type { Health } from './health.js';
import { NestLogger, type Logger } from './logger.js';
import { createMetrics, showHealth, type Registry } from './metrics.js';
import { problemBody } from './problem-error.js';
import { ProblemFilter, sendProblem, toProblem } from './problem-filter.js';
import { logRequests, type CallerOf } from './request-log.js';
import { actorName } from './service-token.js';
import { readStrictJson } from './strict-json.js';
import { NO_TRACING, traceRequests, type Tracing } from './tracing.js';

export interface HttpAppOptions {
  readonly logger: Logger;
  readonly health: Health;
  /** Larger bodies are answered 413. Default 1 MiB. */
  readonly bodyLimitBytes?: number;
  /** Addresses and networks of proxies whose `X-Forwarded-For` is believed: what `request.ip` is. Default none. */
  readonly trustedProxies?: readonly string[];
  /** What `/metrics` shows; default: a registry with the process' own figures. */
  readonly metrics?: Registry;
  /** Who asked, for the log; default: the actor of the service token. */
  readonly callerOf?: CallerOf;
  /** Default: requests are not traced. */
  readonly tracing?: Tracing;
}

export interface Route {
  readonly method: string;
  /** As Fastify writes it: `/v1/offers/:offerId`. */
  readonly path: string;
}

const routesByApp = new WeakMap<object, readonly Route[]>();

/** @returns every route that an app of {@link createHttpApp} answers, so that specs can go through them all. */
export function routesOf(app: NestFastifyApplication): readonly Route[] {
  return routesByApp.get(app) ?? [];
}

/** A request id from outside is kept when it is harmless; else one is made. */
const REQUEST_ID = /^[A-Za-z0-9._-]{1,100}$/;

/**
 * The HTTP side of a service: Nest on Fastify, strict JSON, problem+json for every refusal, request ids and a line for each request,
 * `/health/startup`, `/health/live`, `/health/ready`, `/metrics`.
 * The app is made, not started: call `app.listen(port, host)`; stop it with `app.close()`.
 */
export async function createHttpApp(module: Type | DynamicModule, options: HttpAppOptions): Promise<NestFastifyApplication> {
  const { logger, health, metrics = createMetrics(), callerOf = actorName } = options;
  const adapter = new FastifyAdapter({
    bodyLimit: options.bodyLimitBytes ?? 1024 * 1024,
    requestTimeout: 60_000,
    trustProxy: options.trustedProxies?.length ? [...options.trustedProxies] : false,
    keepAliveTimeout: 65_000,
    // A stop ends idle connections at once and lets requests in flight finish.
    forceCloseConnections: 'idle',
    return503OnClosing: false,
    routerOptions: { maxParamLength: 500 },
    genReqId: (request: IncomingMessage) => {
      const given = request.headers['x-request-id'];
      return typeof given === 'string' && REQUEST_ID.test(given) ? given : randomUUID();
    },
    clientErrorHandler: answerClientError,
    // A path that cannot be decoded, such as /%ff.
    frameworkErrors: (error: Error, request: FastifyRequest, reply: FastifyReply) =>
      sendProblem(request, reply, toProblem(error), error, logger),
  });
  const routes: Route[] = [];
  adapter.getInstance().addHook('onRoute', ({ method, url }) => {
    for (const each of [method].flat()) routes.push({ method: each, path: url });
  });
  // What it throws is the answer. A module may put another in its place, as the gateway does, which keeps the bytes.
  adapter.useBodyParser('application/json', false, undefined, (_request, bytes, done) => done(null, readStrictJson(bytes as Buffer)));
  const app = await NestFactory.create<NestFastifyApplication>(module, adapter, { logger: new NestLogger(logger), abortOnError: false });
  app.useGlobalFilters(new ProblemFilter(logger));
  const fastify = app.getHttpAdapter().getInstance();
  fastify.addHook('onRequest', async (request, reply) => {
    void reply.header('x-request-id', request.id);
  });
  drainConnections(fastify);
  if (options.tracing !== undefined && options.tracing !== NO_TRACING) traceRequests(fastify, options.tracing);
  logRequests(fastify, metrics, logger, callerOf);
  showHealth(metrics, health);
  addHealthRoutes(app, health, metrics);
  await app.init();
  routesByApp.set(app, routes);
  return app;
}

/** What cannot even be read as a request of HTTP: there is no request yet, so the answer is written by hand and the connection closed. */
function answerClientError(error: NodeJS.ErrnoException, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) return void socket.destroy(error);
  const [status, detail] = CLIENT_ERRORS[error.code ?? ''] ?? [400, 'this is no request of HTTP/1.1'];
  const problem = problemBody(status, detail, undefined, randomUUID());
  const body = JSON.stringify(problem);
  socket.end(
    `HTTP/1.1 ${status} ${problem.title}\r\ncontent-type: ${PROBLEM_CONTENT_TYPE}\r\ncontent-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n${body}`,
  );
}

/** By Node's codes. */
const CLIENT_ERRORS: Readonly<Record<string, readonly [status: number, detail: string]>> = {
  HPE_HEADER_OVERFLOW: [431, 'the request line and its headers take more than 16 KiB: make them shorter'],
  ERR_HTTP_REQUEST_TIMEOUT: [408, 'the request did not arrive in time'],
};

function addHealthRoutes(app: NestFastifyApplication, health: Health, metrics: Registry): void {
  const fastify = app.getHttpAdapter().getInstance();
  fastify.get('/health/startup', (_, reply) => {
    const report = health.startup();
    return reply.status(report.ok ? 200 : 503).send(report);
  });
  fastify.get('/health/live', (_, reply) => {
    const report = health.live();
    return reply.status(report.ok ? 200 : 503).send(report);
  });
  fastify.get('/health/ready', (_, reply) => {
    const ok = health.ready;
    return reply.status(ok ? 200 : 503).send({ ok });
  });
  fastify.get('/metrics', async (_, reply) => reply.type(metrics.contentType).send(await metrics.metrics()));
}
