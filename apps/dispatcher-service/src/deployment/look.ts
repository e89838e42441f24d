import type pg from 'pg';
import type { OpenBreaker, Pause } from '../delivery/holds.js';
import { MAY_GO } from '../parked/claim-due.js';

/** A dispatcher that was not seen for longer takes no share of the limits any more. */
const MEMBER_LIVES = `interval '10 seconds'`;

/**
 * All that a dispatcher has to know of the others, in one statement, since it is what an idle one asks all day. It says that it is alive;
 * frees the deliveries whose lease has run out (their process died; nothing else touches a leased row but its owner); and reads when
 * something is due next and what is held. What it freed itself is not in its own snapshot of the queues, so the number tells.
 */
const LOOK = `
  with beat as (
    insert into dispatcher.member (instance_id, seen_at) values ($2, now())
    on conflict (instance_id) do update set seen_at = excluded.seen_at),
  run_out as materialized (
    select id from dispatcher.parked where leased_until < now() and $1 order by id limit 1000 for update skip locked),
  freed as (
    update dispatcher.parked set lease_token = null, leased_until = null
    from run_out where parked.id = run_out.id
    returning parked.callback_id, parked.affiliate_id, parked.destination, parked.due_at),
  queued as (
    insert into dispatcher.parked_queue (callback_id, destination, affiliate_id, next_due_at)
    select callback_id, coalesce(min(destination), ''), min(affiliate_id), min(due_at) from freed group by callback_id order by callback_id
    on conflict (callback_id) do update set next_due_at = least(parked_queue.next_due_at, excluded.next_due_at)
    returning 1),
  due as materialized (
    select count(*) filter (where at < to_timestamp($3::float8 / 1000)) as overdue, min(at) filter (where not draining) as oldest_at
    from (select greatest(next_due_at, held_until) as at, draining from dispatcher.parked_queue as queue
          where greatest(next_due_at, held_until) <= to_timestamp($4::float8 / 1000) and ${MAY_GO}) as may_go)
  select (select count(*) from freed)::integer as freed, (select count(*) from queued)::integer as queued,
    (select extract(epoch from min(greatest(next_due_at, held_until)))::float8 * 1000
     from dispatcher.parked_queue where next_due_at < 'infinity') as next_due_at_ms,
    (select overdue from due)::integer as overdue,
    (select extract(epoch from oldest_at)::float8 * 1000 from due) as oldest_due_at_ms,
    (select count(*) from dispatcher.member where seen_at > now() - ${MEMBER_LIVES} and instance_id <> $2)::integer as others,
    (select coalesce(jsonb_agg(jsonb_build_object('scope', scope, 'key', key, 'openings', openings, 'reason', reason,
       'openedAtMs', extract(epoch from opened_at) * 1000, 'openUntilMs', extract(epoch from open_until) * 1000)), '[]')
     from dispatcher.breaker) as breakers,
    (select coalesce(jsonb_agg(jsonb_build_object('scope', scope, 'key', key)), '[]') from dispatcher.pause) as pauses,
    (select coalesce(array_agg(callback_id), '{}') from dispatcher.parked_queue where draining) as draining,
    (select coalesce(jsonb_agg(jsonb_build_object('callbackId', callback_id, 'disabledVersion', disabled_version)), '[]')
     from dispatcher.callback_health) as failing,
    (select count(*) from dispatcher.redelivery where finished_at is null)::integer as redeliveries`;

export interface Look {
  /** Deliveries whose lease had run out. */
  readonly freed: number;
  /** When the next parked delivery is due by the dispatchers' clock; null when none is. */
  readonly nextDueAtMs: number | null;
  /** Since when the oldest delivery is due that may be sent, by the dispatchers' clock, backlogs that drain at their rate left out; null: none is due. */
  readonly oldestDueAtMs: number | null;
  /** Callbacks whose turn should have come long ago. */
  readonly overdue: number;
  /** Other live dispatchers. */
  readonly others: number;
  readonly breakers: readonly OpenBreaker[];
  readonly pauses: readonly Pause[];
  readonly draining: readonly number[];
  /** Redeliveries of many that have not ended. */
  readonly redeliveries: number;
  /** Callbacks without a success since they first failed, and which version of theirs was given up. */
  readonly failing: readonly { readonly callbackId: number; readonly disabledVersion: number | null }[];
}

interface LookRow extends Omit<Look, 'nextDueAtMs' | 'oldestDueAtMs'> {
  readonly oldest_due_at_ms: number | null;
  readonly next_due_at_ms: number | null;
}

/**
 * @param mayFree false to look only: right after an outage, when owners who are alive still write what came of their requests
 * @param nowMs by the dispatchers' clock
 * @param overdueBeforeMs what was due before then is overdue
 */
export async function look(
  pool: pg.Pool,
  { instanceId, mayFree, nowMs, overdueBeforeMs }: { instanceId: string; mayFree: boolean; nowMs: number; overdueBeforeMs: number },
): Promise<Look> {
  const { rows } = await pool.query<LookRow>({ name: 'look', text: LOOK, values: [mayFree, instanceId, overdueBeforeMs, nowMs] });
  const { next_due_at_ms: nextDueAtMs, oldest_due_at_ms: oldestDueAtMs, ...rest } = rows[0]!;
  return { ...rest, nextDueAtMs, oldestDueAtMs };
}

/** It is gone: the others take its share at once. Members that died without a word are forgotten too. */
export async function leave(pool: pg.Pool, instanceId: string): Promise<void> {
  await pool.query(`delete from dispatcher.member where instance_id = $1 or seen_at < now() - interval '1 hour'`, [instanceId]);
}
