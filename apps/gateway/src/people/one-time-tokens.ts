import { createHash, randomBytes } from 'node:crypto';
import type { OneTimeToken } from '@ringback/contracts';
import { ProblemError } from '@ringback/service-runtime';
import type pg from 'pg';

const HOUR_MS = 60 * 60 * 1000;
/** How long a token can be used, in ms: somebody who is invited may be away for a weekend; who asked for a reset is waiting. */
const LIFETIME_MS = { invitation: 72 * HOUR_MS, 'password-reset': 24 * HOUR_MS } as const;
export type TokenPurpose = keyof typeof LIFETIME_MS;

/** Makes the token with which a user sets a password, once. One made before for the same user works no more. */
export async function makeOneTimeToken(
  client: pg.ClientBase,
  token: { userId: number; purpose: TokenPurpose; createdBy: string; nowMs: number },
): Promise<OneTimeToken> {
  const { userId, purpose, createdBy, nowMs } = token;
  const secret = randomBytes(32).toString('base64url');
  const expiresAt = new Date(nowMs + LIFETIME_MS[purpose]);
  await client.query(
    `insert into gateway.one_time_token (hash, user_id, purpose, created_by, expires_at) values ($1, $2, $3, $4, $5)
     on conflict (user_id) do update
       set hash = excluded.hash, purpose = excluded.purpose, created_by = excluded.created_by, expires_at = excluded.expires_at`,
    [hashOf(secret), userId, purpose, createdBy, expiresAt],
  );
  return { token: secret, purpose, expiresAt: expiresAt.toISOString() };
}

export interface OneTimeTokenGiven {
  readonly token: string;
  readonly purpose: TokenPurpose;
  readonly nowMs: number;
}

export interface TokenHolder {
  readonly id: number;
  readonly email: string;
}

/** @returns whose the token is; it stays. @throws {ProblemError} 404 for one that was used, replaced, has expired or never was. */
export async function findTokenHolder(
  db: Pick<pg.ClientBase, 'query'>,
  { token, purpose, nowMs }: OneTimeTokenGiven,
): Promise<TokenHolder> {
  const { rows } = await db.query<TokenHolder>(
    `select u.id, u.email from gateway.one_time_token t join gateway.user_account u on u.id = t.user_id
      where t.hash = $1 and t.purpose = $2 and t.expires_at > $3 and u.status <> 'disabled'`,
    [hashOf(token), purpose, new Date(nowMs)],
  );
  if (rows[0] === undefined) throw noSuchToken();
  return rows[0];
}

/** Uses a token up, once. @throws {ProblemError} 404 */
export async function takeOneTimeToken(client: pg.ClientBase, { token, purpose, nowMs }: OneTimeTokenGiven): Promise<void> {
  const { rowCount } = await client.query('delete from gateway.one_time_token where hash = $1 and purpose = $2 and expires_at > $3', [
    hashOf(token),
    purpose,
    new Date(nowMs),
  ]);
  if (rowCount === 0) throw noSuchToken();
}

function noSuchToken(): ProblemError {
  return new ProblemError(404, 'the link was used, was replaced by a newer one, or has expired: ask an admin for another');
}

function hashOf(token: string): Buffer {
  return createHash('sha256').update(token, 'utf8').digest();
}
