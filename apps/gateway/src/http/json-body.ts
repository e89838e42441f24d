import { ProblemError, readStrictJson } from '@ringback/service-runtime';
import type { FastifyRequest } from 'fastify';

/** A JSON body: as it was sent, which is what services get, and as it reads. */
export interface JsonBody {
  readonly bytes: Buffer;
  readonly value: unknown;
}

/** @returns the body, or undefined when there is none. @throws {ProblemError} 400 as {@link readStrictJson} does. */
export function parseJsonBody(bytes: Buffer): JsonBody | undefined {
  return bytes.length === 0 ? undefined : { bytes, value: readStrictJson(bytes) };
}

/** @throws {ProblemError} 415 for a body that does not say it is JSON. Run before the body is read. */
export function requireJson(request: FastifyRequest): void {
  const { headers } = request;
  const hasBody = headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;
  const mediaType = headers['content-type']?.split(';', 1)[0]!.trim().toLowerCase();
  if (hasBody && mediaType !== 'application/json')
    throw new ProblemError(415, 'send the body as JSON: content-type: application/json', { headers: { accept: 'application/json' } });
}
