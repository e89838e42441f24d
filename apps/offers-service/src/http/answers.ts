import type { FastifyReply } from 'fastify';
import type { Changed } from '../changes/change-log.js';
import { etag } from './etag.js';

/** A changed thing; `inForce: false` beside it while its record is not in Kafka yet. */
export type InForce<Result> = Result & { inForce?: false };

/** Answers what is there now, with its version as the ETag. */
export function answerCurrent<Result extends { version: number }>(reply: FastifyReply, result: Result): Result {
  void reply.header('etag', etag(result.version));
  return result;
}

/**
 * Answers a change: 200, or 201 with `Location`, once it is in force; 202 with `inForce: false` when it is stored only.
 * @param at.version the version that the ETag names, where the result does not carry it.
 */
export function answerChange<Result extends object>(
  reply: FastifyReply,
  { result, inForce }: Changed<Result>,
  at: { created?: string; version?: number } = {},
): InForce<Result> {
  const version = at.version ?? (result as { version?: number }).version;
  if (version !== undefined) void reply.header('etag', etag(version));
  if (at.created !== undefined) void reply.header('location', at.created);
  void reply.status(inForce ? (at.created === undefined ? 200 : 201) : 202);
  return inForce ? result : { ...result, inForce: false };
}
