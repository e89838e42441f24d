import { fieldErrors } from '@ringback/contracts';
import { problem, ProblemError } from '@ringback/service-runtime';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Authenticator } from '../access/authenticator.js';
import type { Caller } from '../access/permissions.js';
import { requireReach } from '../access/scope.js';
import type { DeclaredEndpoint, EndpointDeclaration } from './endpoint.js';
import { requireJson } from './json-body.js';
import { readPathParameters } from './path-parameters.js';
import { isReferencePage } from '../openapi/reference-page.js';
import { EdgeLimits } from './edge-limits.js';
import { SECURITY_HEADERS } from './security-headers.js';

/** What the edge found out about a request before its handler runs. */
export interface EdgeContext {
  readonly endpoint: EndpointDeclaration;
  /** Null on open routes. */
  readonly caller: Caller | null;
  /** Checked, as text. */
  readonly parameters: Readonly<Record<string, string>>;
}

const contexts = new WeakMap<FastifyRequest, EdgeContext>();

/** @returns what the edge found out. @throws {Error} outside of a route of the API. */
export function edgeContext(request: FastifyRequest): EdgeContext {
  const context = contexts.get(request);
  if (context === undefined) throw new Error('the request did not pass the edge');
  return context;
}

/** @returns who calls, for the log; null on open routes, and where nobody was let in. */
export function callerName(request: FastifyRequest): string | null {
  return contexts.get(request)?.caller?.name ?? null;
}

/** @returns who calls. @throws {Error} on open routes, where that is nobody. */
export function signedIn(request: FastifyRequest): Caller {
  const { caller } = edgeContext(request);
  if (caller === null) throw new Error('an open route has no caller');
  return caller;
}

/**
 * What holds for every request, in one hook, before its body is read: who calls, whether they may, and whether path, query and media type
 * fit the route's declaration. A route without a declaration answers nobody.
 */
export function installHttpEdge(
  fastify: FastifyInstance,
  authenticator: Authenticator,
  endpoints: readonly DeclaredEndpoint[],
  limits: EdgeLimits = new EdgeLimits({ perAddress: 0, perCaller: 0 }),
): void {
  const patterns = endpoints.map(({ method, path }) => ({ method, pattern: new RegExp(`^${path.replace(/:[A-Za-z]+/g, '[^/]+')}$`) }));

  fastify.addHook('onRoute', (route) => {
    const endpoint = route.config?.endpoint;
    if (endpoint?.bodyLimitBytes !== undefined) route.bodyLimit = endpoint.bodyLimitBytes;
  });

  fastify.addHook('onRequest', async (request, reply) => {
    void reply.headers(SECURITY_HEADERS).header('x-request-id', request.id);
    const path = request.url.split('?', 1)[0]!;
    if (isOpenPage(request.routeOptions.url)) return;
    limits.admitAddress(request, reply);
    if (request.is404) {
      const allowed = patterns.filter(({ pattern }) => pattern.test(path)).map(({ method }) => method);
      if (allowed.length === 0) return; // the not-found handler answers
      throw new ProblemError(405, `${request.method} is not possible here: use ${allowed.join(' or ')}`, {
        headers: { allow: allowed.join(', ') },
      });
    }
    const { endpoint } = request.routeOptions.config;
    if (endpoint === undefined) return admitToOperations(request, authenticator);
    const caller = endpoint.access === 'anyone' ? null : await authenticator.admit(request.headers.authorization, endpoint.access);
    if (caller !== null) limits.admitCaller(request, reply);
    const parameters = readPathParameters(endpoint.path, request.params);
    if (caller !== null) requireReach(caller.scope, endpoint.scope, parameters);
    checkQuery(endpoint, request.query);
    requireJson(request);
    contexts.set(request, { endpoint, caller, parameters });
  });
}

/** Health is open, since load balancers ask, and so is the page that shows the API's description. */
function isOpenPage(url: string | undefined): boolean {
  return url?.startsWith('/health/') === true || isReferencePage(url);
}

/** The process' figures are not open; nothing else exists beside the declared routes. */
async function admitToOperations(request: FastifyRequest, authenticator: Authenticator): Promise<void> {
  const url = request.routeOptions.url ?? '';
  if (url !== '/metrics') throw new Error(`${url} is a route without a declaration`);
  await authenticator.admit(request.headers.authorization, 'metrics:read');
}

/** Checks only: the service reads the query itself. */
function checkQuery(endpoint: EndpointDeclaration, query: unknown): void {
  if (endpoint.query === undefined) {
    const unknown = Object.keys(query as object);
    if (unknown.length > 0) throw problem.unprocessable(unknown.map((path) => ({ path, message: 'is not a parameter here: remove it' })));
    return;
  }
  const parsed = endpoint.query.safeParse(query);
  if (!parsed.success) throw problem.unprocessable(fieldErrors(parsed.error));
}
