import type { Logger } from '@ringback/service-runtime';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Caller } from '../access/permissions.js';
import type { DeclaredEndpoint, EndpointDeclaration } from '../http/endpoint.js';
import { edgeContext } from '../http/http-edge.js';
import type { JsonBody } from '../http/json-body.js';
import { fillPath } from '../http/path-parameters.js';
import { originOf } from '../sessions/origin.js';
import type { AuditIntent, AuditLog } from './audit-log.store.js';
import { maskSecrets } from './mask-secrets.js';

/** Larger bodies are batches, which have a history of their own: the entry says how large. */
const MAX_KEPT_BYTES = 256 * 1024;

const before = new WeakMap<FastifyRequest, unknown>();
const open = new WeakMap<FastifyRequest, number>();

/** Tells what was there before a change, for the entry of the request's. */
export function noteBefore(request: FastifyRequest, value: unknown): void {
  before.set(request, value);
}

/** @returns whether a request to the route becomes an entry. */
export function isAudited({ method, audit }: EndpointDeclaration, caller: Caller | null): boolean {
  if (method === 'GET' || audit === 'never' || audit === 'itself') return false;
  return audit === 'people' ? caller?.kind === 'user' : true;
}

/**
 * Every change has its entry, whichever route it takes: it is written before the handler runs, without it nothing is done (503), and what
 * came of it before the client hears of it. A process that dies in between leaves an entry whose outcome is unknown.
 */
export function installAuditTrail(fastify: FastifyInstance, log: AuditLog, endpoints: readonly DeclaredEndpoint[], logger: Logger): void {
  const actions = new Map(endpoints.map(({ method, path, operationId }) => [`${method} ${path}`, operationId]));

  fastify.addHook('preHandler', async (request) => {
    const { endpoint } = request.routeOptions.config;
    if (endpoint === undefined || !isAudited(endpoint, edgeContext(request).caller)) return;
    open.set(request, await log.open(intentOf(request, actions.get(`${endpoint.method} ${endpoint.path}`)!)));
  });

  fastify.addHook('onSend', async (request, reply, payload) => {
    const id = open.get(request);
    if (id === undefined) return payload;
    open.delete(request);
    try {
      const after = reply.statusCode < 300 ? keptAnswer(reply, payload) : null;
      const outcome = { status: reply.statusCode, subject: madeSubject(reply), before: kept(before.get(request)), after };
      await log.close(id, outcome);
    } catch (error) {
      // What was done is done, and its entry is there: the client hears the truth, and the entry says that its outcome is unknown.
      logger.error({ error, auditEntryId: id, status: reply.statusCode }, 'the outcome of a change could not be written to the audit log');
    }
    return payload;
  });
}

function intentOf(request: FastifyRequest, action: string): AuditIntent {
  const { endpoint, caller, parameters } = edgeContext(request);
  const body = request.body as JsonBody | undefined;
  return {
    ...originOf(request),
    actor: caller === null ? { kind: 'anyone', id: null, name: '' } : { kind: caller.kind, id: caller.id, name: caller.name },
    action,
    subject: fillPath(endpoint.path, parameters).replace('/v1/', ''),
    requestId: request.id,
    request: body === undefined ? null : body.bytes.length > MAX_KEPT_BYTES ? tooLarge(body.bytes.length) : kept(body.value),
  };
}

function madeSubject(reply: FastifyReply): string | null {
  const location = reply.getHeader('location');
  return typeof location === 'string' && location.startsWith('/v1/') ? location.replace('/v1/', '') : null;
}

function keptAnswer(reply: FastifyReply, payload: unknown): string | null {
  if (!String(reply.getHeader('content-type') ?? '').includes('json')) return null;
  if (typeof payload !== 'string' && !Buffer.isBuffer(payload)) return null;
  if (payload.length > MAX_KEPT_BYTES) return tooLarge(payload.length);
  return kept(JSON.parse(payload.toString()));
}

function kept(value: unknown): string | null {
  return value === undefined || value === null ? null : JSON.stringify(maskSecrets(value));
}

function tooLarge(bytes: number): string {
  return JSON.stringify({ notKept: `${bytes} bytes` });
}
