import type pg from 'pg';
import type { Caller } from './permissions.js';

export interface UserForSignIn {
  readonly id: number;
  readonly passwordHash: string;
  readonly active: boolean;
}

/** Users, keys and roles as rows of the schema `gateway`. Throws what PostgreSQL throws. */
export class AccountsStore {
  constructor(private readonly pool: pg.Pool) {}

  /** `email` as {@link normaliseEmail} gives it. */
  async userForSignIn(email: string): Promise<UserForSignIn | null> {
    const { rows } = await this.pool.query<UserForSignIn>(
      `select id, password_hash as "passwordHash", status = 'active' as active from gateway.user_account where email = $1`,
      [email],
    );
    return rows[0] ?? null;
  }

  /** @returns null when there is no such user, or it is disabled. */
  async callerOfSession(userId: number): Promise<Caller | null> {
    const { rows } = await this.pool.query<Caller>(
      `select u.email as name, u.role, r.permissions
         from gateway.user_account u join gateway.role r on r.name = u.role
        where u.id = $1 and u.status = 'active'`,
      [userId],
    );
    return rows[0] ?? null;
  }

  /** @param hash SHA-256 of the key. @returns null when there is no such key, or it is revoked or expired. */
  async callerOfKey(hash: Buffer): Promise<Caller | null> {
    const { rows } = await this.pool.query<Caller>(
      `select k.name, k.role, r.permissions
         from gateway.api_key k join gateway.role r on r.name = k.role
        where k.hash = $1 and k.revoked_at is null and (k.expires_at is null or k.expires_at > now())`,
      [hash],
    );
    return rows[0] ?? null;
  }
}

/** @returns the one form in which an address is stored and looked up. */
export function normaliseEmail(email: string): string {
  return email.trim().normalize('NFC').toLowerCase();
}
