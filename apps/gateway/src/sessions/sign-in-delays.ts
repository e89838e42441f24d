import { createHash } from 'node:crypto';
import { ProblemError } from '@ringback/service-runtime';
import type pg from 'pg';

/**
 * Failures in a row that cost no wait: for an account as many as somebody needs who tries all the passwords they ever had; for an address
 * more, since an office may share one. NIST SP 800-63B-4 §3.2.2 allows 100 in a row.
 */
export const FREE_FAILURES = { account: 10, address: 50 } as const;
/** Every further failure doubles the wait: 1 s, 2 s, 4 s… up to this, in ms. Never longer, so nobody can lock anybody out for good. */
export const MAX_DELAY_MS = 15 * 60 * 1000;
/** After so long without a failure all is forgotten, in ms. */
const FORGOTTEN_AFTER_MS = 60 * 60 * 1000;

export interface SignInAttempt {
  readonly accountKey: string;
  readonly address: string;
  /** Of the account, this attempt included, should it fail. */
  readonly failures: number;
}

type Kind = keyof typeof FREE_FAILURES;

/**
 * Counts failed sign-ins per account and per address in PostgreSQL, so over all gateways, and makes who fails wait longer each time. An
 * attempt is counted before its password is checked, so that a thousand at once are counted as a thousand; a success forgets the account's.
 */
export class SignInDelays {
  constructor(
    private readonly pool: pg.Pool,
    private readonly now: () => number,
  ) {}

  /**
   * Takes a turn at signing in. The same for accounts that do not exist.
   * @param email as `normaliseEmail` gives it. @throws {ProblemError} 429 with `Retry-After` while account or address has to wait
   */
  async begin(email: string, address: string): Promise<SignInAttempt> {
    // Not the address itself: people type passwords into the wrong field.
    const accountKey = createHash('sha256').update(email).digest('base64url');
    await this.#count('address', address);
    try {
      return { accountKey, address, failures: await this.#count('account', accountKey) };
    } catch (error) {
      // The account's wait is no failure of the address.
      await this.#forgive('address', address);
      throw error;
    }
  }

  async succeeded({ accountKey, address }: SignInAttempt): Promise<void> {
    await this.pool.query(`delete from gateway.sign_in_failure where kind = 'account' and key = $1`, [accountKey]);
    await this.#forgive('address', address);
  }

  /** The password was not looked at: nothing failed. */
  async abandoned({ accountKey, address }: SignInAttempt): Promise<void> {
    await this.#forgive('account', accountKey);
    await this.#forgive('address', address);
  }

  /** A password was set by whom it was meant for: what others tried is forgotten. */
  async forgetAccount(client: pg.ClientBase, email: string): Promise<void> {
    const accountKey = createHash('sha256').update(email).digest('base64url');
    await client.query(`delete from gateway.sign_in_failure where kind = 'account' and key = $1`, [accountKey]);
  }

  /** Rows nobody will ask for again; a few at a time, beside the attempts that make new ones. */
  async #forgetOld(): Promise<void> {
    await this.pool.query(
      `delete from gateway.sign_in_failure where (kind, key) in (
         select kind, key from gateway.sign_in_failure where last_failed_at < to_timestamp($1::float8 / 1000)
         order by last_failed_at limit 20 for update skip locked)`,
      [this.now() - FORGOTTEN_AFTER_MS],
    );
  }

  /** @returns how many failures there are with this one. @throws {ProblemError} 429 */
  async #count(kind: Kind, key: string): Promise<number> {
    const nowMs = this.now();
    const { rows } = await this.pool.query<{ failures: number }>(
      `insert into gateway.sign_in_failure as f (kind, key, failures, last_failed_at, locked_until)
       values ($1, $2, 1, to_timestamp($3::float8 / 1000), '-infinity')
       on conflict (kind, key) do update set
         failures = case when f.last_failed_at < to_timestamp(($3::float8 - $4) / 1000) then 1 else f.failures + 1 end,
         last_failed_at = excluded.last_failed_at,
         locked_until = case when f.last_failed_at >= to_timestamp(($3::float8 - $4) / 1000) and f.failures >= $5
           then to_timestamp(($3::float8 + least($6, 1000 * power(2, least(f.failures - $5, 30)))) / 1000) else '-infinity' end
       where f.locked_until <= to_timestamp($3::float8 / 1000)
       returning f.failures`,
      [kind, key, nowMs, FORGOTTEN_AFTER_MS, FREE_FAILURES[kind], MAX_DELAY_MS],
    );
    if (rows[0] !== undefined) {
      if (rows[0].failures === 1) await this.#forgetOld();
      return rows[0].failures;
    }
    const locked = await this.pool.query<{ waitMs: number }>(
      `select extract(epoch from locked_until)::float8 * 1000 - $3::float8 as "waitMs" from gateway.sign_in_failure where kind = $1 and key = $2`,
      [kind, key, nowMs],
    );
    throw tooMany(locked.rows[0]?.waitMs ?? 0);
  }

  async #forgive(kind: Kind, key: string): Promise<void> {
    await this.pool.query(
      `update gateway.sign_in_failure set failures = greatest(failures - 1, 0), locked_until = '-infinity' where kind = $1 and key = $2`,
      [kind, key],
    );
  }
}

/** RFC 6585 §4. Says the same whether the account, which may not exist, or the address has to wait. */
function tooMany(waitMs: number): ProblemError {
  const seconds = Math.max(1, Math.ceil(waitMs / 1000));
  return new ProblemError(429, `too many sign-ins failed: try again in ${seconds} s`, { headers: { 'retry-after': String(seconds) } });
}
