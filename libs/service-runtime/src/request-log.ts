import type { FastifyInstance, FastifyRequest } from 'fastify';
import { Histogram, type Registry } from 'prom-client';
import type { Logger } from './logger.js';

/** In s. Few, since each is a series for every route, method and class of status. */
const DURATION_BUCKETS_S = [0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
const METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE']);
/** Asked by machines, every few seconds. */
const OF_OPERATIONS = /^\/(health\/|metrics$)/;

/** Who a request came from, in a word; null when nobody was found out. */
export type CallerOf = (request: FastifyRequest) => string | null;

/**
 * One line and one observation for each request that was answered: what was asked by its route and never by its URL, whose parameters and
 * query may be anybody's secret. The line is at `info`; at `debug` where machines look at health and metrics.
 */
export function logRequests(fastify: FastifyInstance, registry: Registry, logger: Logger, callerOf: CallerOf): void {
  const durations = new Histogram({
    name: 'ringback_http_request_duration_seconds',
    help: 'Requests answered, by route, method and class of status',
    labelNames: ['route', 'method', 'status'],
    buckets: DURATION_BUCKETS_S,
    registers: [registry],
  });
  fastify.addHook('onResponse', async (request, reply) => {
    const route = request.routeOptions.url ?? 'none';
    const method = METHODS.has(request.method) ? request.method : 'other';
    const ms = Math.round(reply.elapsedTime * 10) / 10;
    durations.observe({ route, method, status: `${Math.floor(reply.statusCode / 100)}xx` }, ms / 1_000);
    const level = OF_OPERATIONS.test(route) ? 'debug' : 'info';
    if (logger.isLevelEnabled(level))
      logger[level]({ requestId: request.id, method, route, status: reply.statusCode, ms, caller: callerOf(request) }, 'request');
  });
}
