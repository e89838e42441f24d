import { createHash, randomBytes, randomUUID } from 'node:crypto';
import type { SessionView } from '@ringback/contracts';
import { inTransaction, type Logger } from '@ringback/service-runtime';
import type pg from 'pg';
import type { Caller } from '../access/permissions.js';
import type { SessionTokens } from '../access/session-token.js';
import type { Origin } from './origin.js';

const DAY_MS = 24 * 60 * 60 * 1000;
/** However it is used, a session ends after this, in ms. */
export const SESSION_LIFETIME_MS = 30 * DAY_MS;
/** A session that is not refreshed for so long ends, in ms. */
export const IDLE_LIFETIME_MS = 7 * DAY_MS;
/**
 * A refresh token that comes back this soon after its use was sent twice by one client: two tabs, or an answer that got lost. It is
 * answered with one more; later it was stolen (RFC 9700 §4.14.2). In ms.
 */
export const REUSE_GRACE_MS = 10_000;
/** More sessions of one user end the oldest. */
const MAX_SESSIONS = 50;

export interface IssuedSession {
  readonly userId: number;
  readonly sessionId: string;
  readonly accessToken: string;
  /** Of the access token. */
  readonly expiresAt: string;
  readonly refreshToken: string;
  readonly refreshExpiresAt: Date;
}

interface TokenRow {
  session_id: string;
  user_id: number;
  isGone: boolean;
  usedAgoMs: number | null;
  sessionExpiresAt: Date;
}

export interface SessionsOptions {
  readonly pool: pg.Pool;
  readonly tokens: SessionTokens;
  readonly now: () => number;
  readonly logger: Logger;
}

/**
 * Sessions of users: short access tokens, and a refresh token that is another one after each use. Every request looks whether its session
 * is still there, so ending one holds at once, everywhere.
 */
export class Sessions {
  constructor(private readonly options: SessionsOptions) {}

  async begin(client: pg.ClientBase, userId: number, { address, userAgent }: Origin): Promise<IssuedSession> {
    const nowMs = this.options.now();
    const sessionId = randomUUID();
    const expiresAt = new Date(nowMs + SESSION_LIFETIME_MS);
    await client.query(
      `delete from gateway.session where user_id = $1 and (expires_at < $2 or id in (
         select id from gateway.session where user_id = $1 order by created_at desc offset $3))`,
      [userId, new Date(nowMs), MAX_SESSIONS - 1],
    );
    await client.query(
      `insert into gateway.session (id, user_id, created_at, last_used_at, expires_at, address, user_agent) values ($1, $2, $3, $3, $4, $5, $6)`,
      [sessionId, userId, new Date(nowMs), expiresAt, address, userAgent],
    );
    await client.query(`update gateway.user_account set last_sign_in_at = $2 where id = $1`, [userId, new Date(nowMs)]);
    return this.#issue(client, userId, sessionId, expiresAt);
  }

  /**
   * Takes a refresh token for the next one and a new access token. One that was used before ends the session: somebody else has it.
   * @returns null when the token is none, or its session has ended.
   */
  async refresh(refreshToken: string, { address, userAgent }: Origin): Promise<IssuedSession | null> {
    const { pool, now, logger } = this.options;
    const nowMs = now();
    const hash = hashToken(refreshToken);
    return inTransaction(pool, async (client) => {
      const { rows } = await client.query<TokenRow>(
        `select t.session_id, s.user_id, s.expires_at as "sessionExpiresAt",
                s.ended_at is not null or s.expires_at <= $2 or t.expires_at <= $2 or u.status <> 'active' as "isGone",
                $3::float8 - extract(epoch from t.used_at)::float8 * 1000 as "usedAgoMs"
           from gateway.refresh_token t join gateway.session s on s.id = t.session_id join gateway.user_account u on u.id = s.user_id
          where t.hash = $1 for update of t, s`,
        [hash, new Date(nowMs), nowMs],
      );
      const [token] = rows;
      if (token === undefined || token.isGone) return null;
      if (token.usedAgoMs !== null && token.usedAgoMs > REUSE_GRACE_MS) {
        logger.warn(
          { sessionId: token.session_id, userId: token.user_id, address },
          'a refresh token came back after its use: its session ends',
        );
        await endSessions(client, 'its refresh token was used twice', { sessionId: token.session_id }, nowMs);
        return null;
      }
      await client.query('update gateway.refresh_token set used_at = coalesce(used_at, $2) where hash = $1', [hash, new Date(nowMs)]);
      await client.query('update gateway.session set last_used_at = $2, address = $3, user_agent = $4 where id = $1', [
        token.session_id,
        new Date(nowMs),
        address,
        userAgent,
      ]);
      return this.#issue(client, token.user_id, token.session_id, token.sessionExpiresAt);
    });
  }

  async list(caller: Caller): Promise<SessionView[]> {
    const { rows } = await this.options.pool.query<{
      id: string;
      created_at: Date;
      last_used_at: Date;
      expires_at: Date;
      address: string;
      user_agent: string;
    }>(
      `select id, created_at, last_used_at, expires_at, address, user_agent from gateway.session
        where user_id = $1 and ended_at is null and expires_at > $2 order by created_at desc`,
      [caller.id, new Date(this.options.now())],
    );
    return rows.map((row) => ({
      id: row.id,
      current: row.id === caller.sessionId,
      createdAt: row.created_at.toISOString(),
      lastUsedAt: row.last_used_at.toISOString(),
      expiresAt: row.expires_at.toISOString(),
      address: row.address,
      userAgent: row.user_agent,
    }));
  }

  end(reason: string, which: WhichSessions): Promise<void> {
    return endSessions(this.options.pool, reason, which, this.options.now());
  }

  async #issue(client: pg.ClientBase, userId: number, sessionId: string, sessionExpiresAt: Date): Promise<IssuedSession> {
    const refreshToken = randomBytes(32).toString('base64url');
    const refreshExpiresAt = new Date(Math.min(this.options.now() + IDLE_LIFETIME_MS, sessionExpiresAt.getTime()));
    await client.query('insert into gateway.refresh_token (hash, session_id, expires_at) values ($1, $2, $3)', [
      hashToken(refreshToken),
      sessionId,
      refreshExpiresAt,
    ]);
    return { userId, sessionId, ...(await this.options.tokens.issue({ userId, sessionId })), refreshToken, refreshExpiresAt };
  }
}

/** One session, all of a user, or all but one. */
export type WhichSessions = { readonly sessionId: string } | { readonly userId: number; readonly except?: string | null };

/** Ends sessions: their refresh tokens and access tokens are refused from the commit on. */
export async function endSessions(db: Pick<pg.ClientBase, 'query'>, reason: string, which: WhichSessions, nowMs: number): Promise<void> {
  const [condition, values] =
    'sessionId' in which
      ? ['id = $3', [which.sessionId]]
      : ['user_id = $3 and id is distinct from $4::uuid', [which.userId, which.except ?? null]];
  await db.query(`update gateway.session set ended_at = $1, end_reason = $2 where ended_at is null and ${condition}`, [
    new Date(nowMs),
    reason,
    ...values,
  ]);
}

/** 256 random bits need neither salt nor slowness. */
function hashToken(token: string): Buffer {
  return createHash('sha256').update(token, 'utf8').digest();
}
