import { retryAfterMs } from './retry-after.js';

/** How one attempt ended. */
export type AttemptOutcome =
  | {
      readonly kind: 'answered';
      readonly status: number;
      /** The `Location` header. */
      readonly location?: string | null | undefined;
      /** The `Retry-After` header. */
      readonly retryAfter?: string | null | undefined;
    }
  | { readonly kind: 'timeout'; readonly timeoutMs: number }
  | { readonly kind: 'network-error'; /** In words, e.g. `connect ECONNREFUSED`. */ readonly message: string };

/**
 * Whose fault a failure most likely is, so whom it may stop: what befalls everybody who asks there is the destination's; a wrong token or
 * path of one callback must not stop its neighbours on the same host.
 */
export type Blame = 'destination' | 'callback';

/** What an attempt's end means for its delivery. `reason` is shown to people. */
export type Classification =
  | { readonly result: 'delivered' }
  | {
      readonly result: 'retry';
      readonly reason: string;
      readonly blame: Blame;
      /** What the receiver asks for, 0 to 24 h; null when it asks for nothing. */
      readonly retryAfterMs: number | null;
    }
  /** A redirection. */
  | { readonly result: 'exhausted'; readonly reason: string; readonly blame: 'callback' };

const MAX_LOCATION_CHARACTERS = 500;
// A receiver writes the location: nothing of it may disturb a log line or a text column.
const CONTROL = /\p{Cc}/gu;

/** Too many requests, and a gateway without its service: they say nothing about one callback. */
const OF_THE_DESTINATION: ReadonlySet<number> = new Set([429, 502, 503, 504]);
/** RFC 9110 §10.2.3 and RFC 6585 §4: where `Retry-After` says when to come again. */
const TELLS_WHEN: ReadonlySet<number> = new Set([429, 503]);

/**
 * 2xx is delivered. 3xx ends the delivery: redirects are not followed, since many trackers count the hit and then redirect, and a retry
 * would count again. Everything else is tried again; after a 410 its callback is disabled too, and its deliveries wait.
 *
 * @param nowMs when the attempt ended: what a date in `Retry-After` is compared with
 */
export function classifyResponse(outcome: AttemptOutcome, nowMs: number): Classification {
  switch (outcome.kind) {
    case 'timeout':
      return { result: 'retry', reason: `no answer within ${outcome.timeoutMs} ms`, blame: 'destination', retryAfterMs: null };
    case 'network-error':
      return { result: 'retry', reason: outcome.message, blame: 'destination', retryAfterMs: null };
    case 'answered': {
      const { status } = outcome;
      if (status >= 200 && status < 300) return { result: 'delivered' };
      if (status >= 300 && status < 400) return { result: 'exhausted', reason: redirection(status, outcome.location), blame: 'callback' };
      return {
        result: 'retry',
        reason: status === 410 ? 'answered 410: the receiver wants no more of these' : `answered ${status}`,
        blame: OF_THE_DESTINATION.has(status) ? 'destination' : 'callback',
        retryAfterMs: TELLS_WHEN.has(status) ? retryAfterMs(outcome.retryAfter, nowMs) : null,
      };
    }
  }
}

function redirection(status: number, location: string | null | undefined): string {
  const target = (location ?? '').replace(CONTROL, ' ').trim();
  if (target === '') return `redirects (${status}) without saying where to`;
  return `redirects to ${target.length > MAX_LOCATION_CHARACTERS ? `${target.slice(0, MAX_LOCATION_CHARACTERS)}…` : target}`;
}
