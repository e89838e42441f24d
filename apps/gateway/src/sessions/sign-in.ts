import { inTransaction, ProblemError } from '@ringback/service-runtime';
import type { FastifyRequest } from 'fastify';
import type pg from 'pg';
import { normaliseEmail, type AccountsStore, type UserForSignIn } from '../access/accounts.store.js';
import type { PasswordHasher } from '../access/password-hasher.js';
import type { AuditIntent, AuditLog } from '../audit/audit-log.store.js';
import { originOf } from './origin.js';
import type { IssuedSession, Sessions } from './sessions.service.js';
import type { SignInAttempt, SignInDelays } from './sign-in-delays.js';

export interface SignInParts {
  readonly pool: pg.Pool;
  readonly accounts: AccountsStore;
  readonly hasher: PasswordHasher;
  readonly delays: SignInDelays;
  readonly sessions: Sessions;
  readonly audit: AuditLog;
}

/** Signing in, and what it leaves in the audit log. */
export class SignIn {
  constructor(private readonly parts: SignInParts) {}

  /**
   * Says nothing about whether an account exists: an unknown address is counted alike, takes the same work and gets the same answer.
   * @throws {ProblemError} 401, 429; 503 when too many sign in at once
   */
  async byPassword({ email, password }: { email: string; password: string }, request: FastifyRequest): Promise<IssuedSession> {
    const { pool, accounts, hasher, delays, sessions, audit } = this.parts;
    const origin = originOf(request);
    const normal = normaliseEmail(email);
    const attempt = await delays.begin(normal, origin.address);
    const user = await accounts.userForSignIn(normal);
    const isRight = await this.#verify(attempt, password, user?.passwordHash ?? hasher.decoy);
    if (user === null || !isRight || !user.active) {
      await this.#failed(attempt, user, request);
      throw new ProblemError(401, 'the email or the password is wrong', { headers: { 'www-authenticate': 'Bearer realm="ringback"' } });
    }
    await delays.succeeded(attempt);
    // Written first, as for every change: without the entry there is no session.
    const entry = await audit.open(intentOf(request, 'createSession', user));
    const session = await inTransaction(pool, (client) => sessions.begin(client, user.id, origin));
    await audit.close(entry, { status: 201, subject: null, before: null, after: JSON.stringify({ sessionId: session.sessionId }) });
    return session;
  }

  /** @returns null when the token is none, or its session has ended. */
  byRefreshToken(token: string, request: FastifyRequest): Promise<IssuedSession | null> {
    return this.parts.sessions.refresh(token, originOf(request));
  }

  async #verify(attempt: SignInAttempt, password: string, stored: string): Promise<boolean> {
    try {
      return await this.parts.hasher.verify(password, stored);
    } catch (error) {
      await this.parts.delays.abandoned(attempt);
      throw error;
    }
  }

  /** The 1st, 2nd, 4th, 8th… in a row: who tries a thousand passwords fills no log. What was typed stays out where it names nobody. */
  async #failed({ failures }: SignInAttempt, user: UserForSignIn | null, request: FastifyRequest): Promise<void> {
    if ((failures & (failures - 1)) !== 0) return;
    const intent = intentOf(request, 'signInFailed', user);
    await this.parts.audit.record({ ...intent, request: JSON.stringify({ failuresInARow: failures }) }, 401);
  }
}

function intentOf(request: FastifyRequest, action: string, user: UserForSignIn | null): AuditIntent {
  const isKnown = user !== null;
  return {
    ...originOf(request),
    actor: isKnown && action === 'createSession' ? { kind: 'user', id: user.id, name: user.email } : { kind: 'anyone', id: null, name: '' },
    action,
    subject: isKnown ? `users/${user.id}` : 'users',
    requestId: request.id,
    request: null,
  };
}
