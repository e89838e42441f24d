import type pg from 'pg';
import type { FailingCallbacks } from './failing-callbacks.js';
import type { BatchHealth, FailureStreak } from './failure-streaks.js';
import { judgeCallback, type CallbackHealth, type Verdict } from './judge-callback.js';

/** So that those who heal and those who fail never wait for each other in a ring. */
const LOCK = `select from dispatcher.callback_health where callback_id = any($1::integer[]) order by callback_id for update`;

/** What was given up stays so, whatever still comes of its last requests, until an admin has made a newer version. */
const HEAL = `
  delete from dispatcher.callback_health as health
  using unnest($1::integer[], $2::integer[]) as success (callback_id, version)
  where health.callback_id = success.callback_id and health.version <= success.version
    and (health.disabled_version is distinct from health.version or health.version < success.version)
  returning health.callback_id`;

/** A newer version of the callback begins anew; what is left of an older one says nothing about today's. */
const FAIL = `
  insert into dispatcher.callback_health as health (callback_id, version, failing_since, failed_attempts, failed_days, last_failed_day)
  select callback_id, version, to_timestamp(first_failed_at / 1000), attempts, days,
    (to_timestamp(last_failed_at / 1000) at time zone 'UTC')::date
  from unnest($1::integer[], $2::integer[], $3::float8[], $4::float8[], $5::integer[], $6::smallint[])
    as failed (callback_id, version, first_failed_at, last_failed_at, attempts, days)
  order by callback_id
  on conflict (callback_id) do update set
    version = excluded.version,
    failing_since = case when excluded.version > health.version
      then excluded.failing_since else least(health.failing_since, excluded.failing_since) end,
    failed_attempts = case when excluded.version > health.version
      then excluded.failed_attempts else least(health.failed_attempts + excluded.failed_attempts, 1000000000) end,
    failed_days = case when excluded.version > health.version then excluded.failed_days
      when excluded.last_failed_day <= health.last_failed_day then health.failed_days
      else least(32000, health.failed_days + excluded.failed_days
        - case when (excluded.failing_since at time zone 'UTC')::date <= health.last_failed_day then 1 else 0 end) end,
    last_failed_day = case when excluded.version > health.version
      then excluded.last_failed_day else greatest(health.last_failed_day, excluded.last_failed_day) end,
    announced_days = case when excluded.version > health.version then 0 else health.announced_days end,
    disabled_version = case when excluded.version > health.version then null else health.disabled_version end
  where excluded.version >= health.version
  returning callback_id, version, extract(epoch from failing_since)::float8 * 1000 as failing_since_ms, failed_attempts, failed_days,
    announced_days, disabled_version`;

const MARK = `
  update dispatcher.callback_health as health
  set announced_days = greatest(announced_days, said.days), disabled_version = coalesce(said.disabled_version, health.disabled_version)
  from unnest($1::integer[], $2::smallint[], $3::integer[]) as said (callback_id, days, disabled_version)
  where health.callback_id = said.callback_id`;

const FORGET = `delete from dispatcher.callback_health where last_failed_day < (to_timestamp($1::float8 / 1000) at time zone 'UTC')::date - 30`;

/** Drops what is known of callbacks that nothing was sent to for a month: deleted ones, disabled ones, quiet ones. Each look reads the rest. */
export async function forgetOldHealth(pool: pg.Pool, nowMs: number): Promise<void> {
  await pool.query(FORGET, [nowMs]);
}

interface HealthRow {
  readonly callback_id: number;
  readonly version: number;
  readonly failing_since_ms: number;
  readonly failed_attempts: number;
  readonly failed_days: number;
  readonly announced_days: number;
  readonly disabled_version: number | null;
}

/** What is to be announced of a callback, once. */
export interface Judged {
  readonly health: CallbackHealth;
  readonly offerId: number;
  readonly verdict: Verdict;
}

/**
 * Writes how callbacks fail, and that they no longer do, inside the recorder's transaction. Nothing of either costs no statement.
 *
 * A success that another dispatcher's first failure is not known to here yet (≤ one look, 2.5 s) leaves the row: its streak is then that
 * much too long, of the five days that count.
 * @returns what is to be announced in this transaction
 */
export async function recordHealth(client: pg.ClientBase, health: BatchHealth, failing: FailingCallbacks): Promise<Judged[]> {
  const { streaks, healed } = health;
  if (healed.size > 0) await heal(client, health, failing);
  if (streaks.length === 0) return [];
  const { rows } = await client.query<HealthRow>({
    name: 'fail-callbacks',
    text: FAIL,
    values: [
      streaks.map(({ callbackId }) => callbackId),
      streaks.map(({ version }) => version),
      streaks.map(({ firstFailedAtMs }) => firstFailedAtMs),
      streaks.map(({ lastFailedAtMs }) => lastFailedAtMs),
      streaks.map(({ attempts }) => attempts),
      streaks.map(({ days }) => days.size),
    ],
  });
  const judged = judge(rows.map(healthOf), streaks);
  const disabledNow = new Set(judged.filter(({ verdict }) => verdict.kind === 'disabled').map(({ health: { callbackId } }) => callbackId));
  for (const { callback_id: callbackId, version, disabled_version: disabledVersion } of rows)
    failing.add({ callbackId, disabledVersion: disabledNow.has(callbackId) ? version : disabledVersion });
  await mark(client, judged);
  return judged;
}

async function heal(client: pg.ClientBase, { streaks, healed }: BatchHealth, failing: FailingCallbacks): Promise<void> {
  const callbacks = [...healed.keys()];
  if (callbacks.length + streaks.length > 1)
    await client.query({ name: 'lock-health', text: LOCK, values: [[...callbacks, ...streaks.map(({ callbackId }) => callbackId)]] });
  const { rows } = await client.query<{ callback_id: number }>({
    name: 'heal-callbacks',
    text: HEAL,
    values: [callbacks, [...healed.values()]],
  });
  for (const { callback_id: callbackId } of rows) failing.delete(callbackId);
}

function judge(rows: readonly CallbackHealth[], streaks: readonly FailureStreak[]): Judged[] {
  const streakOf = new Map(streaks.map((streak) => [streak.callbackId, streak]));
  return rows.flatMap((health) => {
    const { offerId, lastFailedAtMs, isGone } = streakOf.get(health.callbackId)!;
    const verdict = judgeCallback(health, lastFailedAtMs, isGone);
    return verdict === null ? [] : [{ health, offerId, verdict }];
  });
}

async function mark(client: pg.ClientBase, judged: readonly Judged[]): Promise<void> {
  if (judged.length === 0) return;
  await client.query({
    name: 'mark-announced',
    text: MARK,
    values: [
      judged.map(({ health }) => health.callbackId),
      judged.map(({ verdict }) => (verdict.kind === 'failing' ? verdict.days : 0)),
      judged.map(({ verdict, health }) => (verdict.kind === 'disabled' ? health.version : null)),
    ],
  });
}

function healthOf(row: HealthRow): CallbackHealth {
  return {
    callbackId: row.callback_id,
    version: row.version,
    // PostgreSQL keeps microseconds: a float's last digit would make 23:59:59.999 of midnight.
    failingSinceMs: Math.round(row.failing_since_ms),
    failedAttempts: row.failed_attempts,
    failedDays: row.failed_days,
    announcedDays: row.announced_days,
    disabledVersion: row.disabled_version,
  };
}
