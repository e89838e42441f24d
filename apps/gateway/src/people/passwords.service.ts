import { inTransaction, problem } from '@ringback/service-runtime';
import type pg from 'pg';
import type { PasswordHasher } from '../access/password-hasher.js';
import type { Caller } from '../access/permissions.js';
import { endSessions } from '../sessions/sessions.service.js';
import type { SignInDelays } from '../sessions/sign-in-delays.js';
import { findTokenHolder, takeOneTimeToken, type TokenHolder, type TokenPurpose } from './one-time-tokens.js';
import { requireGoodPassword } from './password-rules.js';

export interface PasswordsOptions {
  readonly pool: pg.Pool;
  readonly hasher: PasswordHasher;
  readonly delays: SignInDelays;
  readonly now: () => number;
}

/** Passwords of users: changed by who knows the one before, or set by who holds a one-time token. */
export class Passwords {
  constructor(private readonly options: PasswordsOptions) {}

  /**
   * Ends all other sessions. Guesses at the current password count as failed sign-ins.
   * @throws {ProblemError} 422 when the current one is wrong or the new one is no good, 429 after many failures
   */
  async change(caller: Caller, address: string, change: { currentPassword: string; newPassword: string }): Promise<void> {
    const { pool, hasher, delays, now } = this.options;
    const attempt = await delays.begin(caller.name, address);
    const { rows } = await pool.query<{ hash: string | null }>('select password_hash as hash from gateway.user_account where id = $1', [
      caller.id,
    ]);
    const isRight = await hasher.verify(change.currentPassword, rows[0]?.hash ?? hasher.decoy);
    if (!isRight) throw problem.unprocessable([{ path: 'currentPassword', message: 'is not your password' }]);
    await delays.succeeded(attempt);
    requireGoodPassword(change.newPassword, caller.name, 'newPassword');
    const hash = await hasher.hash(change.newPassword);
    await inTransaction(pool, async (client) => {
      await setPassword(client, caller.id, hash);
      await endSessions(client, 'the password was changed', { userId: caller.id, except: caller.sessionId }, now());
    });
  }

  /** @returns who may set a password by the token. @throws {ProblemError} 404 */
  holderOf(purpose: TokenPurpose, token: string): Promise<TokenHolder> {
    const { pool, now } = this.options;
    return findTokenHolder(pool, { token, purpose, nowMs: now() });
  }

  /** Who was invited is active from then on; after a reset all sessions end. @throws {ProblemError} 404 for a token that was used meanwhile, 422 */
  async setByToken(purpose: TokenPurpose, token: string, holder: TokenHolder, password: string): Promise<void> {
    const { pool, hasher, delays, now } = this.options;
    requireGoodPassword(password, holder.email, 'password');
    const hash = await hasher.hash(password);
    await inTransaction(pool, async (client) => {
      await takeOneTimeToken(client, { token, purpose, nowMs: now() });
      await setPassword(client, holder.id, hash);
      await endSessions(client, 'the password was reset', { userId: holder.id }, now());
      await delays.forgetAccount(client, holder.email);
    });
  }
}

async function setPassword(client: pg.ClientBase, userId: number, hash: string): Promise<void> {
  await client.query(
    `update gateway.user_account set password_hash = $2, version = version + 1, updated_at = now(),
       status = case status when 'invited' then 'active' else status end
     where id = $1`,
    [userId, hash],
  );
}
