import { createHash } from 'node:crypto';
import { ProblemError, RateLimiter, rateLimitHeaders, type Taken } from '@ringback/service-runtime';
import type { FastifyReply, FastifyRequest } from 'fastify';

/** Requests a second; 0: as many as come. */
export interface EdgeLimitSettings {
  /** Of one address, whoever asks from there: counted before anything is looked up for the request. */
  readonly perAddress: number;
  /** Of one API key or session. */
  readonly perCaller: number;
}

/** How many requests the edge lets through; every answer tells what is left. */
export class EdgeLimits {
  readonly #addresses: RateLimiter | null;
  readonly #callers: RateLimiter | null;
  readonly #taken = new WeakMap<FastifyRequest, Taken[]>();

  constructor({ perAddress, perCaller }: EdgeLimitSettings, monotonic?: () => number) {
    this.#addresses = perAddress > 0 ? new RateLimiter('address', perAddress, monotonic) : null;
    this.#callers = perCaller > 0 ? new RateLimiter('caller', perCaller, monotonic) : null;
  }

  /** @throws {ProblemError} 429 when too many requests came from there. */
  admitAddress(request: FastifyRequest, reply: FastifyReply): void {
    if (this.#addresses !== null) this.#admit(this.#addresses.take(request.ip), 'this address', request, reply);
  }

  /** @throws {ProblemError} 429 when whoever was let in asks too often. */
  admitCaller(request: FastifyRequest, reply: FastifyReply): void {
    if (this.#callers === null) return;
    // The credential itself is not kept.
    const credential = createHash('sha256')
      .update(request.headers.authorization ?? '')
      .digest('base64');
    this.#admit(this.#callers.take(credential), 'this key or session', request, reply);
  }

  #admit(taken: Taken, who: string, request: FastifyRequest, reply: FastifyReply): void {
    const all = [...(this.#taken.get(request) ?? []), taken];
    this.#taken.set(request, all);
    void reply.headers(rateLimitHeaders(all));
    if (taken.allowed) return;
    const seconds = String(taken.retryAfterS);
    throw new ProblemError(429, `too many requests of ${who}: try again in ${seconds} s`, { headers: { 'retry-after': seconds } });
  }
}
