import { refreshSession } from './keep-session.js';
import { session } from './session.js';

/** Longest wait for an answer, in ms: above the 30 s that a test of a callback may take. */
const TIMEOUT_MS = 40_000;

/**
 * `fetch` as the person who is signed in. When the session has ended it waits until they have signed in again and repeats the request, so
 * that whoever asked never learns of it, and nothing typed is lost.
 */
export async function authorizedFetch(request: Request): Promise<Response> {
  const { token } = session;
  const again = request.clone();
  const answer = await send(request, token);
  if (answer.status !== 401 || token === null) return answer;
  // Another request may have got a new token meanwhile; else the cookie of the session, else the person.
  const isNew = session.token !== token || (await refreshSession());
  return isNew || (await session.renewed(token)) ? send(again, session.token) : answer;
}

function send(request: Request, token: string | null): Promise<Response> {
  if (token !== null) request.headers.set('authorization', `Bearer ${token}`);
  return fetch(request, { signal: AbortSignal.any([request.signal, AbortSignal.timeout(TIMEOUT_MS)]) });
}
