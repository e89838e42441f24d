import type pg from 'pg';
import type { BreakerScope, OpenBreaker } from '../delivery/holds.js';

const SAVE = `
  insert into dispatcher.breaker (scope, key, opened_at, open_until, openings, reason)
  values ($1, $2, to_timestamp($3::float8 / 1000), to_timestamp($4::float8 / 1000), $5, $6)
  on conflict (scope, key) do update
  set opened_at = excluded.opened_at, open_until = excluded.open_until, openings = excluded.openings, reason = excluded.reason`;

const DELETE = `delete from dispatcher.breaker where scope = $1 and key = $2`;

/** Writes a breaker for all dispatchers to see. Null: it is closed. */
export async function saveBreaker(pool: pg.Pool, scope: BreakerScope, key: string, breaker: OpenBreaker | null): Promise<void> {
  if (breaker === null) await pool.query({ name: 'delete-breaker', text: DELETE, values: [scope, key] });
  else
    await pool.query({
      name: 'save-breaker',
      text: SAVE,
      values: [scope, key, breaker.openedAtMs, breaker.openUntilMs, breaker.openings, breaker.reason],
    });
}

/** Breakers that nobody has had a reason to probe for an hour: nothing waits behind them. */
export async function forgetOldBreakers(pool: pg.Pool, nowMs: number): Promise<void> {
  await pool.query(`delete from dispatcher.breaker where open_until < to_timestamp($1::float8 / 1000) - interval '1 hour'`, [nowMs]);
}
