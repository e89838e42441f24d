import type { FieldError } from '@ringback/contracts';

/**
 * Why something asked for is not recorded. Over HTTP: `invalid` 422, `conflict` 409, `not-found` 404, `unavailable` 503. A command from
 * Kafka is refused for all but `unavailable`, which is asked again later.
 */
export interface Refusal {
  readonly outcome: 'refused';
  readonly kind: 'invalid' | 'conflict' | 'not-found' | 'unavailable';
  readonly detail: string;
  readonly errors: readonly FieldError[];
}

export function invalid(detail: string, errors: readonly FieldError[]): Refusal {
  return { outcome: 'refused', kind: 'invalid', detail, errors };
}

export function conflict(detail: string, path: string): Refusal {
  return { outcome: 'refused', kind: 'conflict', detail, errors: [{ path, message: detail }] };
}

export function notFound(detail: string, path: string): Refusal {
  return { outcome: 'refused', kind: 'not-found', detail, errors: [{ path, message: detail }] };
}

export function unavailable(detail: string): Refusal {
  return { outcome: 'refused', kind: 'unavailable', detail, errors: [] };
}
