import type pg from 'pg';
import type { Probe } from '../delivery/breakers.js';

/** Nothing is held back by a pause. */
const NOT_PAUSED = `not exists (
  select from dispatcher.pause
  where scope = 'all' or (scope = 'destination' and key = queue.destination)
    or (scope = 'affiliate' and key = queue.affiliate_id::text) or (scope = 'callback' and key = queue.callback_id::text))`;

const DESTINATION_CLOSED = `not exists (select from dispatcher.breaker where scope = 'destination' and key = queue.destination)`;

const CALLBACK_CLOSED = `not exists (select from dispatcher.breaker where scope = 'callback' and key = queue.callback_id::text)`;

/** Of a row of `parked_queue as queue`: no breaker and no pause is in its way. */
export const MAY_GO = `${DESTINATION_CLOSED} and ${CALLBACK_CLOSED} and ${NOT_PAUSED}`;

/**
 * Whose turn it is: callbacks with something due, the longest unserved first. Locked until the claim commits. Behind an open breaker, or a
 * pause, not one row of `parked` is looked at.
 */
const LOCK_DUE_QUEUES = `
  select callback_id, destination, draining
  from dispatcher.parked_queue as queue
  where next_due_at <= to_timestamp($1::float8 / 1000) and held_until <= to_timestamp($1::float8 / 1000)
    and destination <> all($2::text[]) and callback_id <> all($3::integer[]) and not (draining and destination = any($4::text[]))
    and ${MAY_GO}
  order by last_served_at, callback_id
  limit $5
  for update skip locked`;

/**
 * One callback with something due behind the breaker that is probed. A callback's probe waits for its destination; a destination's may be
 * of a callback that is broken too, where there is no other: any answer shows that the destination is back.
 */
const LOCK_PROBED_QUEUE = `
  select callback_id, destination, draining
  from dispatcher.parked_queue as queue
  where next_due_at <= to_timestamp($1::float8 / 1000) and held_until <= to_timestamp($1::float8 / 1000)
    and case $2::dispatcher.breaker_scope when 'destination' then destination = $3 else callback_id::text = $3 and ${DESTINATION_CLOSED} end
    and ${NOT_PAUSED}
  order by ${CALLBACK_CLOSED} desc, last_served_at, callback_id
  limit 1
  for update skip locked`;

/** Whoever moves it may send the probe; until the time given nobody else may. */
const TAKE_PROBE = `
  update dispatcher.breaker set open_until = to_timestamp($4::float8 / 1000)
  where scope = $1 and key = $2 and open_until <= to_timestamp($3::float8 / 1000)`;

const RETURN_PROBE = `
  update dispatcher.breaker set open_until = to_timestamp($3::float8 / 1000) where scope = $1 and key = $2`;

const HOLD_QUEUES = `
  update dispatcher.parked_queue set held_until = to_timestamp($2::float8 / 1000) where callback_id = any($1::integer[])`;

const RETURNED = `parked.id, parked.event_key, parked.callback_id, parked.attempts, parked.http_status, parked.destination, parked.ordered,
    parked.redelivery_id, parked.redelivery_of,
    extract(epoch from parked.expires_at)::float8 * 1000 as expires_at_ms,
    extract(epoch from parked.due_at)::float8 * 1000 as due_at_ms`;

/** With `ordering: "conversion"` a delivery goes once no earlier one of its conversion to its destination is parked any more. */
const NOT_BEHIND_EARLIER = `(not parked.ordered or not exists (
  select from dispatcher.parked as earlier
  where earlier.ordered and earlier.conversion_id = parked.conversion_id and earlier.destination = parked.destination
    and earlier.conversion_version < parked.conversion_version))`;

/**
 * Ids as one array, and not as a join: whatever is guessed of how many there are, each is looked up by the primary key. A join was planned
 * as a scan of the whole table while that was not yet large.
 */
const PICKED = 'id = any(array(select id from picked))';

export const CLAIM = `
  with picked as materialized (
    select due.id
    from unnest($1::integer[], $2::integer[]) as queue (callback_id, max_rows)
    cross join lateral (
      select id from dispatcher.parked
      where parked.callback_id = queue.callback_id and due_at <= to_timestamp($3::float8 / 1000)
        and leased_until is null and ${NOT_BEHIND_EARLIER}
      order by due_at
      limit queue.max_rows
      for update skip locked) as due)
  update dispatcher.parked
  set lease_token = $4, leased_until = now() + $5::float8 * interval '1 millisecond'
  where ${PICKED}
  returning ${RETURNED}`;

const CLAIM_EXPIRED = `
  with picked as materialized (
    select id from dispatcher.parked
    where expires_at <= to_timestamp($1::float8 / 1000) and leased_until is null
    order by expires_at
    limit $2
    for update skip locked)
  update dispatcher.parked
  set lease_token = $3, leased_until = now() + $4::float8 * interval '1 millisecond'
  where ${PICKED}
  returning ${RETURNED}`;

/** More rows due than this make a backlog, which drains at a bounded rate. */
const BACKLOG_ROWS = 100;

/**
 * A snapshot taken after the queues were locked: whoever parks something meanwhile waits for the lock and puts the time right again. All is
 * read in the order of due times, the counted rows too: beside a callback that owns nearly all rows, the planner takes a scan of the whole
 * table for the shortest way to a hundred of any other's.
 */
const SERVE_QUEUES = `
  update dispatcher.parked_queue as queue
  set last_served_at = to_timestamp($2::float8 / 1000),
    next_due_at = coalesce(
      (select due_at from dispatcher.parked
       where parked.callback_id = queue.callback_id and leased_until is null and ${NOT_BEHIND_EARLIER}
       order by due_at limit 1),
      'infinity'),
    draining = (
      select count(*) > case when draining then 0 else ${BACKLOG_ROWS} end
      from (
        select from dispatcher.parked
        where parked.callback_id = queue.callback_id and due_at <= to_timestamp($2::float8 / 1000) and leased_until is null
        order by due_at
        limit ${BACKLOG_ROWS + 1}) as due)
  where callback_id = any($1::integer[])
  returning callback_id, draining`;

const READ_EVENTS = `
  select id, event from dispatcher.parked_event where id = any($1::uuid[]) and id between $2::uuid and $3::uuid`;

export interface ClaimedRow {
  readonly id: string;
  readonly event_key: string;
  readonly callback_id: number;
  readonly attempts: number;
  readonly http_status: number | null;
  readonly destination: string | null;
  readonly ordered: boolean;
  readonly redelivery_id: string | null;
  readonly redelivery_of: string | null;
  readonly expires_at_ms: number;
  readonly due_at_ms: number;
}

/** A callback with something due. */
export interface DueQueue {
  readonly callbackId: number;
  readonly destination: string;
  /** Its backlog is being worked off. */
  readonly draining: boolean;
}

export interface Claim {
  readonly rows: readonly ClaimedRow[];
  /** What Kafka said, by `event_key`. */
  readonly events: ReadonlyMap<string, Buffer>;
  /** Queues that were looked at, as they were left. None: nothing is due. */
  readonly queues: readonly DueQueue[];
}

interface ClaimLease {
  readonly nowMs: number;
  readonly token: string;
  readonly leaseMs: number;
}

export interface ClaimOptions extends Omit<ClaimLease, 'leaseMs'> {
  /** For how long deliveries of these callbacks are claimed. */
  readonly leaseMsFor: (queues: readonly DueQueue[]) => number;
  readonly maxQueues: number;
  /** Destinations that have enough in hand. */
  readonly busyDestinations: readonly string[];
  /** Callbacks that may not send now. */
  readonly busyCallbacks: readonly number[];
  /** Destinations whose backlogs have had their share for now. */
  readonly drainedDestinations: readonly string[];
  /** How many rows to take of each due callback, in their order; `hold` holds its queue back until `holdUntilMs`. */
  readonly share: (queues: readonly DueQueue[]) => readonly (number | 'hold')[];
  readonly holdUntilMs: number;
}

/** Takes due deliveries under a lease, inside the caller's transaction. */
export async function claimDue(client: pg.ClientBase, options: ClaimOptions): Promise<Claim> {
  const queues = await lockQueues(client, {
    name: 'lock-due-queues',
    text: LOCK_DUE_QUEUES,
    values: [options.nowMs, options.busyDestinations, options.busyCallbacks, options.drainedDestinations, options.maxQueues],
  });
  if (queues.length === 0) return NOTHING;
  const shares = options.share(queues);
  const held = queues.filter((_, index) => shares[index] === 'hold').map(({ callbackId }) => callbackId);
  if (held.length > 0) await client.query({ name: 'hold-queues', text: HOLD_QUEUES, values: [held, options.holdUntilMs] });
  return claimRows(client, { ...options, leaseMs: options.leaseMsFor(queues) }, queues, shares);
}

export interface ProbeOptions extends ClaimLease, Pick<ClaimOptions, 'holdUntilMs'> {
  readonly isDisabled: (callbackId: number) => boolean;
}

/**
 * Takes the right to probe an open breaker, and one delivery to do it with, inside the caller's transaction; nothing where there is none.
 * A queue without a row means that another may have one.
 */
export async function claimProbe(client: pg.ClientBase, { scope, key }: Probe, options: ProbeOptions): Promise<Claim> {
  const { nowMs, leaseMs, isDisabled, holdUntilMs } = options;
  const queues = await lockQueues(client, { name: 'lock-probed-queue', text: LOCK_PROBED_QUEUE, values: [nowMs, scope, key] });
  const [queue] = queues;
  if (queue === undefined) return NOTHING;
  if (isDisabled(queue.callbackId)) {
    await client.query({ name: 'hold-queues', text: HOLD_QUEUES, values: [[queue.callbackId], holdUntilMs] });
    return { ...NOTHING, queues };
  }
  const taken = await client.query({ name: 'take-probe', text: TAKE_PROBE, values: [scope, key, nowMs, nowMs + leaseMs] });
  if (taken.rowCount === 0) return NOTHING;
  const claim = await claimRows(client, options, queues, [1]);
  if (claim.rows.length === 0) await client.query({ name: 'return-probe', text: RETURN_PROBE, values: [scope, key, nowMs] });
  return claim;
}

/** Takes deliveries whose time is over, whatever their callback's queue says. */
export async function claimExpired(client: pg.ClientBase, options: ClaimLease & { maxRows: number }): Promise<Claim> {
  const { rows } = await client.query<ClaimedRow>({
    name: 'claim-expired',
    text: CLAIM_EXPIRED,
    values: [options.nowMs, options.maxRows, options.token, options.leaseMs],
  });
  return { rows, events: await readEvents(client, rows), queues: [] };
}

const NOTHING: Claim = { rows: [], events: new Map(), queues: [] };

interface QueueRow {
  readonly callback_id: number;
  readonly destination: string;
  readonly draining: boolean;
}

async function lockQueues(client: pg.ClientBase, query: pg.QueryConfig): Promise<DueQueue[]> {
  const { rows } = await client.query<QueueRow>(query);
  return rows.map(({ callback_id: callbackId, ...rest }) => ({ callbackId, ...rest }));
}

async function claimRows(
  client: pg.ClientBase,
  { nowMs, token, leaseMs }: ClaimLease,
  queues: readonly DueQueue[],
  shares: readonly (number | 'hold')[],
): Promise<Claim> {
  const ids: number[] = [];
  const maxRows: number[] = [];
  queues.forEach(({ callbackId }, index) => {
    const share = shares[index]!;
    if (share === 'hold' || share <= 0) return;
    ids.push(callbackId);
    maxRows.push(share);
  });
  if (ids.length === 0) return { ...NOTHING, queues };
  const { rows } = await client.query<ClaimedRow>({ name: 'claim-due', text: CLAIM, values: [ids, maxRows, nowMs, token, leaseMs] });
  const served = await client.query<Pick<QueueRow, 'callback_id' | 'draining'>>({
    name: 'serve-queues',
    text: SERVE_QUEUES,
    values: [ids, nowMs],
  });
  const draining = new Map(served.rows.map((row) => [row.callback_id, row.draining]));
  return {
    rows,
    events: await readEvents(client, rows),
    queues: queues.map((queue) => ({ ...queue, draining: draining.get(queue.callbackId) ?? queue.draining })),
  };
}

async function readEvents(client: pg.ClientBase, rows: readonly ClaimedRow[]): Promise<ReadonlyMap<string, Buffer>> {
  const keys = [...new Set(rows.map(({ event_key }) => event_key))].sort();
  if (keys.length === 0) return new Map();
  const result = await client.query<{ id: string; event: Buffer }>({
    name: 'read-parked-events',
    text: READ_EVENTS,
    values: [keys, keys[0], keys.at(-1)],
  });
  return new Map(result.rows.map(({ id, event }) => [id, event]));
}
