import type { FastifyRequest } from 'fastify';

/** Where a request came from, as sessions and the audit log keep it. */
export interface Origin {
  readonly address: string;
  readonly userAgent: string;
}

/** Longer ones say nothing more. */
const MAX_USER_AGENT = 300;

/** @returns the client's address and its `User-Agent`, in characters that PostgreSQL can hold. */
export function originOf(request: FastifyRequest): Origin {
  // Headers are latin-1, so only NUL could be refused; Node's parser lets none through.
  return { address: request.ip, userAgent: (request.headers['user-agent'] ?? '').slice(0, MAX_USER_AGENT) };
}
