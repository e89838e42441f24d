import type pg from 'pg';
import { MAX_COUNTED, type OpenBreaker, type PauseScope } from '@ringback/contracts';
import { inTransaction } from '@ringback/service-runtime';

/** Callbacks of a destination whose rows are looked at for the times; those due first. */
const PROBED_CALLBACKS = 200;
/** Callbacks of an item that are told by name. */
const NAMED_CALLBACKS = 1_000;
/** More than all dispatchers together have in hand. */
const MAX_LEASED = 20_000;

export interface WaitingFilter {
  /** Those that are asked for; null: all. */
  readonly callbackIds: readonly number[] | null;
  readonly destination: string | null;
  /** Only what waits for these counts, whatever is asked for; null: for all. */
  readonly visibleIds: readonly number[] | null;
}

/** Where the last page ended: a destination, or a callback where the items are callbacks. */
export type WaitingPosition = string | number;

export interface WaitingRow {
  readonly destination: string;
  readonly callback_id: number | null;
  readonly callbacks: number;
  /** The first of them, at most {@link NAMED_CALLBACKS}. */
  readonly callback_ids: readonly number[];
  /** Callbacks that are held one by one. */
  readonly broken_callbacks: number;
  readonly paused_callbacks: number;
  readonly draining: boolean;
  /** By its queues, nothing may go yet; what is due all the same waits for earlier deliveries of its conversion. */
  readonly is_later: boolean;
  /** At most one more than {@link MAX_COUNTED}. */
  readonly parked: number;
  /** Due, leased or not; at most {@link MAX_COUNTED}. */
  readonly due: number;
  readonly leased: number;
  readonly oldest_due_at: Date | null;
  readonly next_due_at: Date | null;
  readonly breaker_scope: OpenBreaker['scope'] | null;
  readonly opened_at: Date;
  readonly open_until: Date;
  readonly openings: number;
  readonly breaker_reason: string;
  readonly pause_id: number | null;
  readonly pause_scope: PauseScope;
  readonly pause_reason: string | null;
  readonly created_by: string;
  readonly created_at: Date;
}

/**
 * Reads the queues, of which there is one per callback that has something parked, and of the parked rows only as many as are counted, by
 * the index on (callback_id, due_at), whose order makes `limit` end the reading early.
 */
export function findWaitingSql(by: 'destination' | 'callback'): string {
  const group = by === 'destination' ? 'destination' : 'callback_id, destination';
  const position = by === 'destination' ? 'destination collate "C"' : 'callback_id';
  return `
  with queue as materialized (
    select callback_id, affiliate_id, destination, next_due_at, draining,
      callback_id in (select key::integer from dispatcher.breaker where scope = 'callback') as is_broken,
      callback_id in (select key::integer from dispatcher.pause where scope = 'callback')
        or affiliate_id in (select key::integer from dispatcher.pause where scope = 'affiliate') as is_paused
    from dispatcher.parked_queue as queue
    where ($1::integer[] is null or callback_id = any($1)) and ($2::text is null or destination = $2)
      and ($6::integer[] is null or callback_id = any($6))
      and ($3::${by === 'destination' ? 'text' : 'integer'} is null or ${position} > $3)
      and (next_due_at < 'infinity'
        or (select true from dispatcher.parked where parked.callback_id = queue.callback_id order by due_at limit 1))),
  leased as materialized (
    select callback_id, count(*)::integer as rows
    from (select callback_id from dispatcher.parked where leased_until is not null order by leased_until desc limit ${MAX_LEASED}) as leased
    group by callback_id),
  item as materialized (
    select destination, ${by === 'destination' ? 'null::integer' : 'callback_id'} as callback_id, count(*)::integer as callbacks,
      array_agg(callback_id order by next_due_at, callback_id) as callback_ids,
      min(callback_id) as first_callback_id, max(callback_id) as last_callback_id,
      min(affiliate_id) as first_affiliate_id, max(affiliate_id) as last_affiliate_id,
      (count(*) filter (where is_broken))::integer as broken_callbacks, (count(*) filter (where is_paused))::integer as paused_callbacks,
      bool_or(draining) as draining, min(next_due_at) > to_timestamp($4::float8 / 1000) as is_later,
      coalesce(sum(leased.rows), 0)::integer as leased
    from queue left join leased using (callback_id)
    group by ${group}
    order by ${position}
    limit $5)
  select item.destination, item.callback_id, item.callbacks, item.callback_ids[1:${NAMED_CALLBACKS}] as callback_ids,
    item.broken_callbacks, item.paused_callbacks, item.draining, item.is_later, item.leased, all_rows.parked, due_rows.due,
    probed.oldest_due_at, probed.next_due_at,
    breaker.scope::text as breaker_scope, breaker.opened_at, breaker.open_until, breaker.openings, breaker.reason as breaker_reason,
    pause.id as pause_id, pause.scope::text as pause_scope, pause.reason as pause_reason, pause.created_by, pause.created_at
  from item
  cross join lateral (
    select count(*)::integer as parked
    from (
      select from unnest(item.callback_ids) as mine (callback)
      cross join lateral (
        select from dispatcher.parked where parked.callback_id = mine.callback order by due_at limit ${MAX_COUNTED + 1}) as of_callback
      limit ${MAX_COUNTED + 1}) as counted) as all_rows
  cross join lateral (
    select count(*)::integer as due
    from (
      select from unnest(item.callback_ids) as mine (callback)
      cross join lateral (
        select from dispatcher.parked where parked.callback_id = mine.callback and due_at <= to_timestamp($4::float8 / 1000)
        order by due_at limit ${MAX_COUNTED}) as of_callback
      limit ${MAX_COUNTED}) as counted) as due_rows
  cross join lateral (
    select min(oldest.due_at) as oldest_due_at, min(next.due_at) as next_due_at
    from unnest(item.callback_ids[1:${PROBED_CALLBACKS}]) as mine (callback)
    left join lateral (
      select due_at from dispatcher.parked
      where parked.callback_id = mine.callback and leased_until is null and due_at <= to_timestamp($4::float8 / 1000)
      order by due_at limit 1) as oldest on true
    left join lateral (
      select due_at from dispatcher.parked
      where parked.callback_id = mine.callback and due_at > to_timestamp($4::float8 / 1000)
      order by due_at limit 1) as next on true) as probed
  left join lateral (
    select scope, opened_at, open_until, openings, reason
    from dispatcher.breaker
    where (scope = 'destination' and key = item.destination)
      or (scope = 'callback' and key = item.first_callback_id::text and item.first_callback_id = item.last_callback_id)
    order by open_until desc
    limit 1) as breaker on true
  left join lateral (
    select id, scope, reason, created_by, created_at
    from dispatcher.pause
    where scope = 'all' or (scope = 'destination' and key = item.destination)
      or (scope = 'affiliate' and key = item.first_affiliate_id::text and item.first_affiliate_id = item.last_affiliate_id)
      or (scope = 'callback' and key = item.first_callback_id::text and item.first_callback_id = item.last_callback_id)
    order by scope
    limit 1) as pause on true
  order by ${by === 'destination' ? 'item.destination collate "C"' : 'item.callback_id'}`;
}

/**
 * One dead destination may own nearly all rows. The planner knows a callback's average only, and believes that it is cheaper to read all of
 * its rows (a bitmap, then a sort) or all of the table; compiling the plan takes longer than running it.
 */
export const BY_INDEX_ONLY = 'set local enable_seqscan = off; set local enable_bitmapscan = off; set local jit = off';

const BY_DESTINATION = findWaitingSql('destination');
const BY_CALLBACK = findWaitingSql('callback');

/** @returns what waits, per destination, or per callback where the filter names some or a destination; in the order of their positions. */
export async function findWaiting(
  pool: pg.Pool,
  { callbackIds, destination, visibleIds }: WaitingFilter,
  after: WaitingPosition | null,
  nowMs: number,
  limit: number,
): Promise<WaitingRow[]> {
  const text = callbackIds === null && destination === null ? BY_DESTINATION : BY_CALLBACK;
  return inTransaction(pool, async (client) => {
    await client.query(BY_INDEX_ONLY);
    const { rows } = await client.query<WaitingRow>(text, [callbackIds, destination, after, nowMs, limit, visibleIds]);
    return rows;
  });
}
