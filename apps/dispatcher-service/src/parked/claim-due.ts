import type pg from 'pg';

/** Whose turn it is: callbacks with something due, the longest unserved first. Locked until the claim commits. */
const LOCK_DUE_QUEUES = `
  select callback_id, destination
  from dispatcher.parked_queue
  where next_due_at <= to_timestamp($1::float8 / 1000) and held_until <= to_timestamp($1::float8 / 1000)
    and destination <> all($2::text[])
  order by last_served_at, callback_id
  limit $3
  for update skip locked`;

const HOLD_QUEUES = `
  update dispatcher.parked_queue set held_until = to_timestamp($2::float8 / 1000) where callback_id = any($1::integer[])`;

const RETURNED = `parked.id, parked.event_key, parked.callback_id, parked.attempts, parked.http_status, parked.destination,
    extract(epoch from parked.expires_at)::float8 * 1000 as expires_at_ms`;

const CLAIM = `
  with picked as materialized (
    select due.id
    from unnest($1::integer[], $2::integer[]) as queue (callback_id, max_rows)
    cross join lateral (
      select id from dispatcher.parked
      where parked.callback_id = queue.callback_id and due_at <= to_timestamp($3::float8 / 1000)
        and leased_until is null
      order by due_at
      limit queue.max_rows
      for update skip locked) as due)
  update dispatcher.parked
  set lease_token = $4, leased_until = now() + $5::float8 * interval '1 millisecond'
  from picked where parked.id = picked.id
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
  from picked where parked.id = picked.id
  returning ${RETURNED}`;

/** A snapshot taken after the queues were locked: whoever parks something meanwhile waits for the lock and puts the time right again. */
const SERVE_QUEUES = `
  update dispatcher.parked_queue as queue
  set last_served_at = to_timestamp($2::float8 / 1000), next_due_at = coalesce(
    (select due_at from dispatcher.parked
     where parked.callback_id = queue.callback_id and leased_until is null
     order by due_at limit 1),
    'infinity')
  where callback_id = any($1::integer[])`;

const READ_EVENTS = `
  select id, event from dispatcher.parked_event where id = any($1::uuid[]) and id between $2::uuid and $3::uuid`;

export interface ClaimedRow {
  readonly id: string;
  readonly event_key: string;
  readonly callback_id: number;
  readonly attempts: number;
  readonly http_status: number | null;
  readonly destination: string | null;
  readonly expires_at_ms: number;
}

export interface Claim {
  readonly rows: readonly ClaimedRow[];
  /** What Kafka said, by `event_key`. */
  readonly events: ReadonlyMap<string, Buffer>;
  /** Queues that were looked at. 0: nothing is due. */
  readonly queues: number;
}

export interface ClaimOptions {
  readonly nowMs: number;
  readonly token: string;
  readonly leaseMs: number;
  readonly maxQueues: number;
  /** Destinations that have enough in hand. */
  readonly busyDestinations: readonly string[];
  /** How many rows to take of each due callback, in their order; 0 holds its queue back until `holdUntilMs`. */
  readonly share: (queues: readonly { callbackId: number; destination: string }[]) => readonly number[];
  readonly holdUntilMs: number;
}

/** Takes due deliveries under a lease, inside the caller's transaction. */
export async function claimDue(client: pg.ClientBase, options: ClaimOptions): Promise<Claim> {
  const due = await client.query<{ callback_id: number; destination: string }>({
    name: 'lock-due-queues',
    text: LOCK_DUE_QUEUES,
    values: [options.nowMs, options.busyDestinations, options.maxQueues],
  });
  if (due.rows.length === 0) return { rows: [], events: new Map(), queues: 0 };
  const queues = due.rows.map(({ callback_id, destination }) => ({ callbackId: callback_id, destination }));
  const shares = options.share(queues);
  const held = queues.filter((_, index) => shares[index] === 0).map(({ callbackId }) => callbackId);
  if (held.length > 0) await client.query({ name: 'hold-queues', text: HOLD_QUEUES, values: [held, options.holdUntilMs] });
  const served = queues.map(({ callbackId }, index) => ({ callbackId, maxRows: shares[index]! })).filter(({ maxRows }) => maxRows > 0);
  if (served.length === 0) return { rows: [], events: new Map(), queues: queues.length };
  const ids = served.map(({ callbackId }) => callbackId);
  const { rows } = await client.query<ClaimedRow>({
    name: 'claim-due',
    text: CLAIM,
    values: [ids, served.map(({ maxRows }) => maxRows), options.nowMs, options.token, options.leaseMs],
  });
  await client.query({ name: 'serve-queues', text: SERVE_QUEUES, values: [ids, options.nowMs] });
  return { rows, events: await readEvents(client, rows), queues: queues.length };
}

/** Takes deliveries whose time is over, whatever their callback's queue says. */
export async function claimExpired(
  client: pg.ClientBase,
  options: { nowMs: number; token: string; leaseMs: number; maxRows: number },
): Promise<Claim> {
  const { rows } = await client.query<ClaimedRow>({
    name: 'claim-expired',
    text: CLAIM_EXPIRED,
    values: [options.nowMs, options.maxRows, options.token, options.leaseMs],
  });
  return { rows, events: await readEvents(client, rows), queues: rows.length };
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
