import { bearerToken, ProblemError } from '@ringback/service-runtime';
import type { AccountsStore } from './accounts.store.js';
import { hashApiKey } from './api-key.js';
import { isAllowed, type Caller, type Permission } from './permissions.js';
import type { SessionTokens } from './session-token.js';

/** Finds out who calls, and whether they may. Asked once per request, before its body is read. */
export class Authenticator {
  constructor(
    private readonly accounts: AccountsStore,
    private readonly sessions: SessionTokens,
  ) {}

  /**
   * @param header the `Authorization` header: `Bearer <session token or API key>`.
   * @param needed `user`: to be a user, whatever the role.
   * @throws {ProblemError} 401 when it names nobody, 403 when the role does not allow what is needed.
   */
  async admit(header: string | undefined, needed: Permission | 'user'): Promise<Caller> {
    const caller = await this.#identify(header);
    if (needed === 'user') {
      if (caller.kind === 'user') return caller;
      throw new ProblemError(403, 'this is for users: a key has neither sessions nor a password');
    }
    if (!isAllowed(caller, needed))
      throw new ProblemError(403, `the role "${caller.role}" does not allow ${needed}: ask an admin for another role`);
    return caller;
  }

  async #identify(header: string | undefined): Promise<Caller> {
    if (header === undefined) throw unauthorized('sign in (POST /v1/auth/sessions) or send an API key: Authorization: Bearer <token>');
    const token = bearerToken(header);
    if (token === undefined) throw unauthorized('the Authorization header must be: Bearer <session token or API key>', 'invalid_request');
    const session = await this.sessions.read(token);
    const caller =
      session === null
        ? await this.accounts.callerOfKey(hashApiKey(token))
        : await this.accounts.callerOfSession(session.userId, session.sessionId, this.sessions.now());
    if (caller === null) throw unauthorized('the token is unknown, expired or revoked: sign in again', 'invalid_token');
    return caller;
  }
}

/** RFC 6750 §3: the challenge names an error only when a token was sent. */
function unauthorized(detail: string, error?: 'invalid_request' | 'invalid_token'): ProblemError {
  const challenge = `Bearer realm="ringback"${error ? `, error="${error}"` : ''}`;
  return new ProblemError(401, detail, { headers: { 'www-authenticate': challenge } });
}
