import type { FieldError, Problem } from '@ringback/contracts';

export interface ProblemDetails {
  readonly errors?: readonly FieldError[];
  readonly headers?: Readonly<Record<string, string>>;
  /** More members of the problem (RFC 9457 §3.2), e.g. `current` beside a 412. */
  readonly extensions?: Readonly<Record<string, unknown>>;
  readonly cause?: unknown;
}

/** An expected refusal of a request, answered as `application/problem+json` (RFC 9457). `detail` says the remedy. */
export class ProblemError extends Error {
  override readonly name = 'ProblemError';
  readonly code = 'PROBLEM';

  constructor(
    readonly status: number,
    readonly detail: string,
    readonly details: ProblemDetails = {},
  ) {
    super(detail, { cause: details.cause });
  }
}

/** The refusals that services use, by name. */
export const problem = {
  notFound: (what: string): ProblemError => new ProblemError(404, `${what} does not exist`),
  conflict: (detail: string, errors?: readonly FieldError[]): ProblemError => new ProblemError(409, detail, errors ? { errors } : {}),
  /** @param current what it is now, so that an edit can be made anew from it. @param etag of that */
  preconditionFailed: (detail: string, current: unknown, etag: string): ProblemError =>
    new ProblemError(412, detail, { extensions: { current }, headers: { etag } }),
  unprocessable: (errors: readonly FieldError[]): ProblemError =>
    new ProblemError(422, errors.map(({ path, message }) => (path === '' ? message : `${path} ${message}`)).join('; '), { errors }),
  unavailable: (detail: string, cause?: unknown): ProblemError => new ProblemError(503, detail, { headers: { 'retry-after': '1' }, cause }),
};

const TITLES: Record<number, string> = {
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  405: 'Method Not Allowed',
  408: 'Request Timeout',
  409: 'Conflict',
  410: 'Gone',
  412: 'Precondition Failed',
  413: 'Content Too Large',
  414: 'URI Too Long',
  415: 'Unsupported Media Type',
  422: 'Unprocessable Content',
  429: 'Too Many Requests',
  431: 'Request Header Fields Too Large',
  500: 'Internal Server Error',
  502: 'Bad Gateway',
  503: 'Service Unavailable',
  504: 'Gateway Timeout',
};

/** @returns the members of a problem without a type of its own: `about:blank` and the status' title (RFC 9457 §4.2.1). */
export function problemBody(status: number, detail: string, errors?: readonly FieldError[], requestId?: string): Problem {
  return {
    type: 'about:blank',
    title: TITLES[status] ?? 'Error',
    status,
    detail,
    ...(errors ? { errors: [...errors] } : {}),
    ...(requestId ? { requestId } : {}),
  };
}
