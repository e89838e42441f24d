import { Catch, HttpException, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import { PROBLEM_CONTENT_TYPE } from '@ringback/contracts';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Logger } from './logger.js';
import { isDatabaseAway } from './postgres.js';
import { problemBody, ProblemError } from './problem-error.js';

/** Turns whatever a route threw into a problem. What nobody expected is logged whole and answered without its inside. */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  constructor(private readonly logger: Logger) {}

  catch(error: unknown, host: ArgumentsHost): void {
    const request = host.switchToHttp().getRequest<FastifyRequest>();
    const reply = host.switchToHttp().getResponse<FastifyReply>();
    sendProblem(request, reply, toProblem(error), error, this.logger);
  }
}

/** Answers a problem; used by the filter and by Fastify's own error and not-found handlers. */
export function sendProblem(request: FastifyRequest, reply: FastifyReply, refusal: ProblemError, error: unknown, logger: Logger): void {
  if (refusal.status === 500)
    logger.error({ error, requestId: request.id, method: request.method, url: request.url }, 'a request failed unexpectedly');
  else if (refusal.status >= 500) logger.warn({ error, requestId: request.id, url: request.url }, refusal.detail);
  const body = {
    ...problemBody(refusal.status, refusal.detail, refusal.details.errors, String(request.id)),
    ...refusal.details.extensions,
  };
  void reply
    .status(refusal.status)
    .headers({ ...refusal.details.headers })
    .type(PROBLEM_CONTENT_TYPE)
    .send(JSON.stringify(body));
}

/** @returns what to answer for an error of any origin. */
export function toProblem(error: unknown): ProblemError {
  if (error instanceof ProblemError) return error;
  if (error instanceof HttpException) return new ProblemError(error.getStatus(), error.message, { cause: error });
  if (isDatabaseAway(error))
    return new ProblemError(503, 'the database is away: try again shortly', { headers: { 'retry-after': '1' }, cause: error });
  const status = (error as { statusCode?: unknown }).statusCode;
  // Fastify's own refusals: body too large (413), unknown media type (415), malformed JSON (400)…
  if (typeof status === 'number' && status >= 400 && status < 500)
    return new ProblemError(status, (error as Error).message, { cause: error });
  return new ProblemError(500, 'unexpected error: tell the operators the request id', { cause: error });
}
