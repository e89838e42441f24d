import type { Problem } from './shapes.js';

/** A request that was refused or had no answer, in words that say what to do. Status 0: no answer at all. */
export class ApiProblem extends Error {
  readonly status: number;
  /** Complaints about fields, dotted as in the body: `requestParams.0.value`. */
  readonly errors: readonly { readonly path: string; readonly message: string }[];
  readonly requestId: string | undefined;
  /** With 412: what the thing is now. */
  readonly current: unknown;

  constructor(status: number, detail: string, problem: Partial<Problem> & { current?: unknown } = {}, cause?: unknown) {
    super(detail, { cause });
    this.name = 'ApiProblem';
    this.status = status;
    this.errors = problem.errors ?? [];
    this.requestId = problem.requestId;
    this.current = problem.current;
  }

  /** What a person can do about it. */
  get remedy(): string {
    if (this.status === 0) return 'What you typed is kept. Check the connection, then try again.';
    if (this.status === 403) return 'Ask an admin for another role.';
    if (this.status === 404) return 'It may have been deleted, or the address is wrong.';
    if (this.status === 412) return 'Someone else saved it meanwhile. Look at what they changed, then decide.';
    if (this.status === 422 || this.status === 400) return 'Correct what is marked, then try again.';
    if (this.status === 429 || this.status === 503) return 'Try again in a moment.';
    if (this.status >= 500) return 'Try again; if it stays, tell the operators the request id.';
    return '';
  }
}

/** @returns a problem for whatever was thrown. */
export function asProblem(error: unknown): ApiProblem {
  if (error instanceof ApiProblem) return error;
  if (error instanceof DOMException && error.name === 'TimeoutError')
    return new ApiProblem(0, 'The gateway did not answer in time.', {}, error);
  // `fetch` throws a TypeError when it reaches nobody.
  if (error instanceof TypeError) return new ApiProblem(0, 'The gateway cannot be reached.', {}, error);
  return new ApiProblem(500, error instanceof Error ? error.message : String(error), {}, error);
}

/** Waits for a call of the typed client. @returns its body. @throws {ApiProblem} for anything that is no success. */
export async function answered<Body>(call: Promise<{ data?: Body; error?: unknown; response: Response }>): Promise<Body> {
  let result;
  try {
    result = await call;
  } catch (error) {
    throw asProblem(error);
  }
  const { data, error, response } = result;
  if (response.ok) return data as Body;
  const problem: Partial<Problem> = typeof error === 'object' && error !== null ? error : {};
  throw new ApiProblem(response.status, problem.detail ?? problem.title ?? `The gateway answered ${response.status}.`, problem);
}
