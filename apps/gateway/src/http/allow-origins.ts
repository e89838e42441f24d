import type { FastifyInstance } from 'fastify';

/** How long browsers may remember that a request is allowed, in s. */
const REMEMBERED_S = 600;
const METHODS = 'GET, HEAD, POST, PUT, PATCH, DELETE';
const REQUEST_HEADERS = 'authorization, content-type, if-match, idempotency-key, x-request-id';
const ANSWER_HEADERS = 'etag, location, retry-after, ratelimit, ratelimit-policy, x-request-id';

/**
 * Lets the pages of the listed origins read answers (CORS, Fetch standard §3.3); nobody else's, and never with cookies: callers carry their
 * token themselves. With none listed, no `Access-Control-*` header is ever sent. Installed before the edge, since a preflight carries no token.
 */
export function allowOrigins(fastify: FastifyInstance, origins: readonly string[]): void {
  if (origins.length === 0) return;
  const allowed = new Set(origins);
  fastify.addHook('onRequest', async (request, reply) => {
    void reply.header('vary', 'origin');
    const { origin } = request.headers;
    if (origin === undefined || !allowed.has(origin)) return;
    void reply.headers({ 'access-control-allow-origin': origin, 'access-control-expose-headers': ANSWER_HEADERS });
    if (request.method !== 'OPTIONS' || request.headers['access-control-request-method'] === undefined) return;
    return reply
      .headers({
        'access-control-allow-methods': METHODS,
        'access-control-allow-headers': REQUEST_HEADERS,
        'access-control-max-age': String(REMEMBERED_S),
      })
      .status(204)
      .send();
  });
}
