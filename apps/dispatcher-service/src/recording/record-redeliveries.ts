import type pg from 'pg';
import type { Delivery } from '../delivery/delivery.js';
import { EXCHANGE_LOST } from './insert-settled.js';
import { textOf } from './storable-text.js';

/** Beside the join: whatever is guessed of how many there are, each is looked up by the primary key, in the partitions of these days only. */
const THESE = `log.id = any($1::uuid[]) and log.id between $12::uuid and $13::uuid`;

/**
 * The end of redeliveries under the old id: the only update that the log knows. The exchange that stood there goes to the attempts. One
 * that was delivered stays so, with all that it was delivered with: a redelivery that failed is one more of its attempts.
 */
const UPDATE_REDELIVERED = `
  with ended as materialized (
    select * from unnest($1::uuid[], $2::dispatcher.settled_status[], $3::float8[], $4::real[], $5::smallint[], $6::smallint[],
      $7::boolean[], $8::text[], $9::text[], $10::bytea[])
      as ended (id, status, started_at, duration_ms, attempts, http_status, exchange_lost, destination, error, exchange)),
  stood as materialized (
    select id, status, started_at, duration_ms, attempts, http_status, exchange_lost, error, exchange
    from dispatcher.delivery where id = any($1::uuid[]) and id between $12::uuid and $13::uuid),
  kept as (
    insert into dispatcher.delivery_attempt (delivery_id, number, started_at, duration_ms, http_status, exchange_lost, error, exchange)
    select id, attempts, started_at, coalesce(duration_ms, 0), http_status, exchange_lost, error, exchange
    from stood where started_at is not null
    union all
    select ended.id, ended.attempts, to_timestamp(ended.started_at / 1000), ended.duration_ms, ended.http_status, ended.exchange_lost,
      ended.error, ended.exchange
    from ended join stood using (id)
    where stood.status = 'delivered' and ended.status <> 'delivered' and ended.started_at is not null
    on conflict (delivery_id, number) do nothing),
  counted as (
    update dispatcher.delivery as log set attempts = ended.attempts
    from ended
    where log.id = ended.id and ${THESE} and log.status = 'delivered' and ended.status <> 'delivered')
  update dispatcher.delivery as log
  set settled_at = to_timestamp($11::float8 / 1000), status = ended.status, started_at = to_timestamp(ended.started_at / 1000),
    duration_ms = ended.duration_ms, attempts = ended.attempts, http_status = ended.http_status, exchange_lost = ended.exchange_lost,
    destination = ended.destination, error = ended.error, exchange = ended.exchange
  from ended
  where log.id = ended.id and ${THESE} and (log.status <> 'delivered' or ended.status = 'delivered')`;

/** One more update for each, and the insert that all the others pass stays as it is. */
const LINK_TO_OLD = `
  update dispatcher.delivery as log set redelivery_of = made.old_id
  from unnest($1::uuid[], $2::uuid[]) as made (id, old_id)
  where log.id = made.id and log.id = any($1::uuid[]) and log.id between $3::uuid and $4::uuid`;

/** A redelivery of one has no row to count for. */
const COUNT = `
  insert into dispatcher.redelivery_count (redelivery_id, outcome, count)
  select redelivery_id, outcome, count from unnest($1::uuid[], $2::text[], $3::integer[]) as counted (redelivery_id, outcome, count)
  where exists (select from dispatcher.redelivery where id = redelivery_id)`;

/**
 * Records what came of deliveries that were sent again, inside the recorder's transaction. What is to be sent as new stands in the log by
 * then. One that ended unsent since its callback was deleted leaves the log as it was.
 * @returns the deliveries under their old id whose attempt failed
 */
export async function recordRedeliveries(client: pg.ClientBase, ended: readonly Delivery[], nowMs: number): Promise<ReadonlySet<string>> {
  if (ended.length === 0) return NONE;
  const again = ended.filter(({ redelivery, outcome }) => redelivery!.of === null && outcome!.kind !== 'cancelled');
  const made = ended.filter(({ redelivery }) => redelivery!.of !== null);
  if (again.length > 0) await updateRedelivered(client, again, nowMs);
  if (made.length > 0) {
    const ids = made.map(({ id }) => id);
    await client.query({
      name: 'link-redelivered',
      text: LINK_TO_OLD,
      values: [ids, made.map(({ redelivery }) => redelivery!.of), ...rangeOf(ids)],
    });
  }
  await count(client, ended);
  return new Set(again.filter(({ attempt }) => attempt !== null && attempt.error !== null).map(({ id }) => id));
}

async function updateRedelivered(client: pg.ClientBase, again: readonly Delivery[], nowMs: number): Promise<void> {
  const ids = again.map(({ id }) => id);
  await client.query({
    name: 'update-redelivered',
    text: UPDATE_REDELIVERED,
    values: [
      ids,
      again.map(({ outcome }) => outcome!.kind),
      again.map(({ attempt }) => attempt?.startedAtMs ?? null),
      again.map(({ attempt }) => attempt?.durationMs ?? null),
      again.map(({ attempts }) => attempts),
      again.map(({ httpStatus }) => httpStatus),
      again.map(({ attempt }) => attempt?.exchangeLost ?? false),
      again.map(({ sentTo }) => sentTo),
      again.map(({ outcome, attempt }) =>
        textOf(attempt?.exchangeLost ? EXCHANGE_LOST : outcome!.kind === 'delivered' ? null : (outcome as { error: string }).error),
      ),
      again.map(({ attempt }) => attempt?.exchange ?? null),
      nowMs,
      ...rangeOf(ids),
    ],
  });
}

async function count(client: pg.ClientBase, ended: readonly Delivery[]): Promise<void> {
  const counts = new Map<string, { id: string; outcome: string; count: number }>();
  const add = (id: string, outcome: string, by: number) => {
    const key = `${id} ${outcome}`;
    const known = counts.get(key);
    if (known === undefined) counts.set(key, { id, outcome, count: by });
    else known.count += by;
  };
  for (const { redelivery, outcome } of ended) {
    if (outcome!.kind === 'cancelled') {
      add(redelivery!.id, 'enqueued', -1);
      add(redelivery!.id, 'callback-deleted', 1);
    } else {
      add(redelivery!.id, outcome!.kind === 'delivered' ? 'delivered' : 'failed', 1);
    }
  }
  const rows = [...counts.values()];
  await client.query({
    name: 'count-redelivered',
    text: COUNT,
    values: [rows.map(({ id }) => id), rows.map(({ outcome }) => outcome), rows.map(({ count }) => count)],
  });
}

/** @returns the least and the greatest, so that partitions are pruned. */
function rangeOf(ids: readonly string[]): [string, string] {
  const sorted = ids.toSorted();
  return [sorted[0]!, sorted.at(-1)!];
}

const NONE: ReadonlySet<string> = new Set();
