import type pg from 'pg';
import type { Caller } from './permissions.js';

export interface UserForSignIn {
  readonly id: number;
  readonly email: string;
  /** Null for who was invited and has not set one yet. */
  readonly passwordHash: string | null;
  readonly active: boolean;
}

interface KeyRow extends Pick<Caller, 'id' | 'name' | 'role' | 'permissions'> {
  readonly offerIds: number[] | null;
  readonly isUseUnwritten: boolean;
}

/** Who calls, by session or key, as rows of the schema `gateway`: asked with every request. Throws what PostgreSQL throws. */
export class AccountsStore {
  readonly #writingUse = new Set<number>();

  constructor(private readonly pool: pg.Pool) {}

  /** `email` as {@link normaliseEmail} gives it. */
  async userForSignIn(email: string): Promise<UserForSignIn | null> {
    const { rows } = await this.pool.query<UserForSignIn>(
      `select id, email, password_hash as "passwordHash", status = 'active' as active from gateway.user_account where email = $1`,
      [email],
    );
    return rows[0] ?? null;
  }

  /** @returns null when there is no such session of the user, it was ended or has run out, or the user is not active. */
  async callerOfSession(userId: number, sessionId: string, nowMs: number): Promise<Caller | null> {
    const { rows } = await this.pool.query<Pick<Caller, 'id' | 'name' | 'role' | 'permissions'>>(
      `select u.id, u.email as name, u.role, r.permissions
         from gateway.session s
         join gateway.user_account u on u.id = s.user_id
         join gateway.role r on r.name = u.role
        where s.id = $1 and s.user_id = $2 and s.ended_at is null and s.expires_at > to_timestamp($3::float8 / 1000) and u.status = 'active'`,
      [sessionId, userId, nowMs],
    );
    return rows[0] === undefined ? null : { ...rows[0], kind: 'user', sessionId, scope: { offerIds: null } };
  }

  /** @param hash SHA-256 of the key. @returns null when there is no such key, or it is revoked or expired. */
  async callerOfKey(hash: Buffer): Promise<Caller | null> {
    const { rows } = await this.pool.query<KeyRow>(
      `select k.id, k.name, k.role, r.permissions, k.offer_ids as "offerIds",
              k.last_used_at is null or k.last_used_at < now() - interval '1 minute' as "isUseUnwritten"
         from gateway.api_key k join gateway.role r on r.name = k.role
        where k.hash = $1 and k.revoked_at is null and (k.expires_at is null or k.expires_at > now())`,
      [hash],
    );
    if (rows[0] === undefined) return null;
    const { offerIds, isUseUnwritten, ...key } = rows[0];
    if (isUseUnwritten) this.#writeUse(key.id);
    return { ...key, kind: 'key', sessionId: null, scope: { offerIds } };
  }

  /** Nobody waits for it; when it fails, the next request writes it. */
  #writeUse(keyId: number): void {
    if (this.#writingUse.has(keyId)) return;
    this.#writingUse.add(keyId);
    this.pool
      .query(
        `update gateway.api_key set last_used_at = now()
          where id = $1 and (last_used_at is null or last_used_at < now() - interval '1 minute')`,
        [keyId],
      )
      .catch(() => undefined)
      .finally(() => this.#writingUse.delete(keyId));
  }
}

/** @returns the one form in which an address that `emailSchema` takes is stored and looked up. */
export function normaliseEmail(email: string): string {
  return email.trim().toLowerCase();
}
