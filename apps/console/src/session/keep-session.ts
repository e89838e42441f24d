import { isOffered } from '../api/offered.js';
import type { paths } from '../api/schema.js';
import { session } from './session.js';

type Refreshed = paths['/v1/auth/sessions/refresh']['post']['responses'][200]['content']['application/json'];

/** Refreshing is asked for by one at a time: each answer replaces the cookie that the next needs. */
let underWay: Promise<boolean> | null = null;

/**
 * Begins the session again by its cookie, which no script can read.
 * @returns whether there is one now; false too where the API offers no such thing, or nobody answers.
 */
export function refreshSession(): Promise<boolean> {
  underWay ??= refresh().finally(() => (underWay = null));
  return underWay;
}

async function refresh(): Promise<boolean> {
  if (!isOffered('/v1/auth/sessions/refresh') || session.email === '') return false;
  try {
    const answer = await fetch('/v1/auth/sessions/refresh', { method: 'POST' });
    if (!answer.ok) return false;
    session.begin((await answer.json()) as Refreshed, session.email);
    return true;
  } catch {
    // Nobody answers: the person is asked to sign in, which says so.
    return false;
  }
}

/** Ends the session here and, as far as it is reached, at the gateway. */
export function signOut(): void {
  const { token } = session;
  if (token !== null && isOffered('/v1/auth/sessions/current'))
    fetch('/v1/auth/sessions/current', { method: 'DELETE', headers: { authorization: `Bearer ${token}` }, keepalive: true }).catch(
      () => undefined,
    );
  session.end();
}
