import type { Problem } from '@ringback/contracts';
import { problemBody, ProblemError } from '@ringback/service-runtime';
import type { Refusal } from '../ledger/refusal.js';

const STATUS = { invalid: 422, conflict: 409, 'not-found': 404, unavailable: 503 } as const satisfies Record<Refusal['kind'], number>;

/** @returns the refusal as the answer of a route. */
export function refusalError({ kind, detail, errors }: Refusal): ProblemError {
  return new ProblemError(STATUS[kind], detail, {
    ...(errors.length > 0 ? { errors } : {}),
    ...(kind === 'unavailable' ? { headers: { 'retry-after': '1' } } : {}),
  });
}

/** @returns the refusal as the answer of one item of a batch. */
export function refusalAnswer({ kind, detail, errors }: Refusal): { status: number; problem: Problem } {
  const status = STATUS[kind];
  return { status, problem: problemBody(status, detail, errors.length > 0 ? errors : undefined) };
}
