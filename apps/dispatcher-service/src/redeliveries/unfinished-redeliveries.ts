import type pg from 'pg';
import type { RedeliveryFilter, RedeliveryState } from '@ringback/contracts';

/** A redelivery as whoever drives it sees it. */
export interface UnfinishedRedelivery {
  readonly id: string;
  readonly state: Exclude<RedeliveryState, 'completed'>;
  readonly filter: RedeliveryFilter;
  readonly offerIds: readonly number[] | null;
  readonly asNew: boolean;
  readonly ratePerSecond: number;
  readonly createdAtMs: number;
  readonly position: string;
  readonly endsBefore: string;
  /** All of its part of the log was given out or skipped. */
  readonly isSearched: boolean;
  readonly pacedAtMs: number;
  readonly waitsFor: string | null;
  readonly owner: string | null;
  /** Counts the owners. */
  readonly epoch: number;
  /** By the clock of PostgreSQL; below 0 when it has run out. */
  readonly leaseLeftMs: number;
}

const READ = `
  select id, state::text as state, filter, offer_ids as "offerIds", as_new as "asNew", rate_per_second as "ratePerSecond",
    round(extract(epoch from created_at) * 1000)::float8 as "createdAtMs", position, ends_before as "endsBefore", is_searched as "isSearched",
    extract(epoch from paced_at)::float8 * 1000 as "pacedAtMs", waits_for as "waitsFor", owner, epoch,
    case when leased_until > now() then extract(epoch from leased_until - now())::float8 * 1000 else -1 end as "leaseLeftMs"
  from dispatcher.redelivery where finished_at is null order by id`;

const TAKE = `
  update dispatcher.redelivery
  set owner = $2, epoch = epoch + 1, leased_until = now() + $4::float8 * interval '1 millisecond'
  where id = $1 and finished_at is null and epoch = $3 and (owner is null or owner = $2 or leased_until < now())`;

const LET_GO = `update dispatcher.redelivery set owner = null where owner = $1 and finished_at is null`;

const WAIT_FOR = `update dispatcher.redelivery set waits_for = $3 where id = $1 and epoch = $2 and waits_for is distinct from $3`;

/**
 * The fence: who was taken over from, or was overtaken by a pause, a cancellation or itself, moves nothing. Whatever else its transaction
 * writes follows this statement, so a delivery is given out exactly if, and when, the position passes it.
 */
const MOVE = `
  update dispatcher.redelivery
  set position = $5, is_searched = $6, paced_at = to_timestamp($7::float8 / 1000), waits_for = null,
    leased_until = now() + $8::float8 * interval '1 millisecond'
  where id = $1 and owner = $2 and epoch = $3 and position = $4 and state = 'running' and not is_searched`;

export async function readUnfinished(pool: pg.Pool): Promise<UnfinishedRedelivery[]> {
  const { rows } = await pool.query<UnfinishedRedelivery>({ name: 'unfinished-redeliveries', text: READ });
  return rows;
}

/** Takes, or prolongs, the lease on a redelivery. @returns the epoch to drive it under; null: another drives it */
export async function takeLease(
  pool: pg.Pool,
  { id, epoch }: UnfinishedRedelivery,
  instanceId: string,
  leaseMs: number,
): Promise<number | null> {
  const { rowCount } = await pool.query({ name: 'take-redelivery', text: TAKE, values: [id, instanceId, epoch, leaseMs] });
  return rowCount === 1 ? epoch + 1 : null;
}

/** Another may drive them at once. */
export async function letGoOfLeases(pool: pg.Pool, instanceId: string): Promise<void> {
  await pool.query(LET_GO, [instanceId]);
}

export async function setWaitsFor(pool: pg.Pool, { id, epoch }: UnfinishedRedelivery, waitsFor: string): Promise<void> {
  await pool.query({ name: 'redelivery-waits', text: WAIT_FOR, values: [id, epoch, waitsFor] });
}

export interface Move {
  readonly position: string;
  readonly isSearched: boolean;
  readonly pacedAtMs: number;
  readonly leaseMs: number;
}

/** @returns false when it is not ours to move from there any more: nothing may be written then. */
export async function movePosition(
  client: pg.ClientBase,
  { id, epoch, position }: UnfinishedRedelivery,
  instanceId: string,
  to: Move,
): Promise<boolean> {
  const { rowCount } = await client.query({
    name: 'move-redelivery',
    text: MOVE,
    values: [id, instanceId, epoch, position, to.position, to.isSearched, to.pacedAtMs, to.leaseMs],
  });
  return rowCount === 1;
}
