/** How one attempt ended. */
export type AttemptOutcome =
  | { readonly kind: 'answered'; readonly status: number; /** The `Location` header. */ readonly location?: string | null | undefined }
  | { readonly kind: 'timeout'; readonly timeoutMs: number }
  | { readonly kind: 'network-error'; /** In words, e.g. `connect ECONNREFUSED`. */ readonly message: string };

/** What an attempt's end means for its delivery. `reason` is shown to people. */
export type Classification =
  | { readonly result: 'delivered' }
  | { readonly result: 'retry'; readonly reason: string }
  | { readonly result: 'exhausted'; readonly reason: string };

const MAX_LOCATION_CHARACTERS = 500;
// A receiver writes the location: nothing of it may disturb a log line or a text column.
const CONTROL = /\p{Cc}/gu;

/**
 * 2xx is delivered. 3xx ends the delivery: redirects are not followed, since many trackers count the hit and then redirect, and a retry
 * would count again. Everything else is tried again.
 */
export function classifyResponse(outcome: AttemptOutcome): Classification {
  switch (outcome.kind) {
    case 'timeout':
      return { result: 'retry', reason: `no answer within ${outcome.timeoutMs} ms` };
    case 'network-error':
      return { result: 'retry', reason: outcome.message };
    case 'answered':
      if (outcome.status >= 200 && outcome.status < 300) return { result: 'delivered' };
      if (outcome.status >= 300 && outcome.status < 400)
        return { result: 'exhausted', reason: redirection(outcome.status, outcome.location) };
      return { result: 'retry', reason: `answered ${outcome.status}` };
  }
}

function redirection(status: number, location: string | null | undefined): string {
  const target = (location ?? '').replace(CONTROL, ' ').trim();
  if (target === '') return `redirects (${status}) without saying where to`;
  return `redirects to ${target.length > MAX_LOCATION_CHARACTERS ? `${target.slice(0, MAX_LOCATION_CHARACTERS)}…` : target}`;
}
