import type { EndpointDeclaration } from '../http/endpoint.js';
import { parametersIn } from '../http/path-parameters.js';

interface ProblemAnswer {
  /** Name of the component. */
  readonly name: string;
  readonly title: string;
  readonly description: string;
  readonly detail: string;
  readonly errors?: readonly { readonly path: string; readonly message: string }[];
  readonly headers?: Readonly<Record<string, unknown>>;
}

const retryAfter = { 'Retry-After': { description: 'Seconds to wait.', schema: { type: 'integer' } } };
const rateLimit = {
  'RateLimit-Policy': {
    description: 'Requests that may come at once (`q`), and in how many seconds that fills up again (`w`); by address and by caller.',
    schema: { type: 'string' },
    example: '"address";q=20000;w=10, "caller";q=6000;w=10',
  },
  RateLimit: {
    description: 'What is left (`r`), and in how many seconds it is whole again (`t`). On every answer, as the policy is.',
    schema: { type: 'string' },
    example: '"address";r=19999;t=1, "caller";r=0;t=10',
  },
};

export type ProblemStatus = 400 | 401 | 403 | 404 | 409 | 410 | 412 | 413 | 415 | 422 | 429 | 431 | 502 | 503;

/** The problems of the API by status, as the description shows them. */
export const PROBLEMS: Readonly<Record<ProblemStatus, ProblemAnswer>> = {
  400: { name: 'BadRequest', title: 'Bad Request', description: 'The body is not JSON.', detail: 'the body is not JSON in UTF-8' },
  401: {
    name: 'Unauthorized',
    title: 'Unauthorized',
    description: 'Nobody is signed in, or the sign-in failed.',
    detail: 'the token is unknown, expired or revoked: sign in again',
    headers: { 'WWW-Authenticate': { description: 'RFC 6750 §3.', schema: { type: 'string' } } },
  },
  403: {
    name: 'Forbidden',
    title: 'Forbidden',
    description: 'The role does not allow it.',
    detail: 'the role "viewer" does not allow configuration:write: ask an admin for another role',
  },
  404: { name: 'NotFound', title: 'Not Found', description: 'There is no such thing.', detail: 'offer 7 does not exist' },
  409: { name: 'Conflict', title: 'Conflict', description: 'The present state refuses it.', detail: 'offer 7 is archived' },
  410: {
    name: 'Gone',
    title: 'Gone',
    description: 'It was there, and is not kept any more.',
    detail: 'the log is kept for 30 days, and this is older',
  },
  412: {
    name: 'PreconditionFailed',
    title: 'Precondition Failed',
    description: 'It was edited since it was read; `current` holds what it is now.',
    detail: 'it is at version 3 by now: look at it and edit that one',
    headers: { ETag: { $ref: '#/components/headers/ETag' } },
  },
  413: { name: 'ContentTooLarge', title: 'Content Too Large', description: 'The body is too large.', detail: 'Request body is too large' },
  415: {
    name: 'UnsupportedMediaType',
    title: 'Unsupported Media Type',
    description: 'The body does not say that it is JSON.',
    detail: 'send the body as JSON: content-type: application/json',
  },
  422: {
    name: 'UnprocessableContent',
    title: 'Unprocessable Content',
    description: 'Fields or parameters do not fit; `errors` names each.',
    detail: 'name must not be empty',
    errors: [{ path: 'name', message: 'must not be empty' }],
  },
  429: {
    name: 'TooManyRequests',
    title: 'Too Many Requests',
    description: 'Too many requests of this address or caller, or too much under way: try again after `Retry-After`.',
    detail: 'too many requests of this key or session: try again in 1 s',
    headers: { ...retryAfter, ...rateLimit },
  },
  431: {
    name: 'RequestHeaderFieldsTooLarge',
    title: 'Request Header Fields Too Large',
    description: 'Request line and headers take more than 16 KiB.',
    detail: 'the request line and its headers take more than 16 KiB: make them shorter',
  },
  502: {
    name: 'BadGateway',
    title: 'Bad Gateway',
    description: 'A service gave an answer that cannot be used.',
    detail: 'offers-service: its answer is too large',
  },
  503: {
    name: 'ServiceUnavailable',
    title: 'Service Unavailable',
    description: 'A service or store is away, or too slow: try again.',
    detail: 'offers-service is away: try again shortly',
    headers: retryAfter,
  },
};

/** @returns the statuses with which a route may answer a problem: those that its declaration implies, and those it names. */
export function problemStatuses(endpoint: EndpointDeclaration): ProblemStatus[] {
  const statuses = new Set<ProblemStatus>(endpoint.problems);
  statuses.add(429).add(431);
  if (endpoint.path === '/v1/openapi.json') return [...statuses];
  if (endpoint.body !== undefined) for (const status of [400, 413, 415, 422] as const) statuses.add(status);
  if (endpoint.access !== 'anyone') for (const status of [401, 403] as const) statuses.add(status);
  if (endpoint.headers?.includes('If-Match')) statuses.add(412);
  if (endpoint.query !== undefined) statuses.add(422);
  if (parametersIn(endpoint.path).length > 0) statuses.add(404);
  return [...statuses.add(502).add(503)].toSorted((a, b) => a - b);
}
