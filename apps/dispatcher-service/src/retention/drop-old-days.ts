import pg from 'pg';
import { DAILY_TABLES, DAY_MS, DAYS_LOCK, dayTable, firstKeptDay } from '../schema/day-partitions.js';
import { readKeptFrom } from './kept-days.js';

/** Nobody waits for a lock of ours for longer, in ms: it is given up, and asked for again. */
const LOCK_TIMEOUT_MS = 100;
const PAUSE_MS = 200;
/** Of one step, in one turn: a reader who stays for longer than some 15 s is left to the next turn. */
const MAX_TRIES = 50;
const LOCK_NOT_AVAILABLE = '55P03';

/** A day that has parked deliveries stays: they are logged there, and their events lie there. So do the days after it. */
const RAISE_KEPT_FROM = `
  update dispatcher.log_days
  set kept_from = oldest.day
  from (
    select least(date '1970-01-01' + $1::integer,
      (select date '1970-01-01' + (('x' || left(replace(id::text, '-', ''), 12))::bit(48)::bigint / 86400000)::integer
       from dispatcher.parked order by id limit 1)) as day) as oldest
  where kept_from < oldest.day`;

/** Days that are there, attached or not: what was begun by a process that died is gone on with. */
const OLD_TABLES = `
  select name, parent, state from (
    select child.relname as name, parent.relname as parent,
      case when inhrelid is null then 'detached' when inhdetachpending then 'pending' else 'attached' end as state
    from pg_class child
    left join pg_inherits on inhrelid = child.oid
    left join pg_class parent on parent.oid = inhparent
    where child.relnamespace = 'dispatcher'::regnamespace and child.relkind = 'r' and child.relname ~ $1) as days
  where right(name, 8) < $2
  order by right(name, 8), name
  limit $3`;

/** A turn's worth: more than a day makes, so that a lowered retention is caught up with. */
const MAX_TABLES = 300;

interface OldTable {
  readonly name: string;
  readonly parent: string | null;
  readonly state: 'attached' | 'pending' | 'detached';
}

export interface DroppedDays {
  readonly tables: number;
  /** A lock was not to be had: the rest is for the next turn. */
  readonly isUnfinished: boolean;
}

/**
 * Drops the days of the log that are older than the retention, whole. First it is recorded that they are kept no more, so that no event of
 * theirs is taken in again; only then they are detached, without a lock that writers or readers of the log would wait for, and dropped.
 * Any number of processes may run it, and die in it: one at a time does anything, and what one began the next one finishes.
 * @param client of its own, in no transaction: `DETACH … CONCURRENTLY` is several
 * @param isStopped asked between two steps: what is left is for the next turn, or another process
 */
export async function dropOldDays(
  client: pg.ClientBase,
  nowMs: number,
  retentionDays: number,
  isStopped: () => boolean = () => false,
): Promise<DroppedDays> {
  const firstDay = firstKeptDay(nowMs, retentionDays);
  await client.query(`set lock_timeout = ${LOCK_TIMEOUT_MS}`);
  const lock = await client.query<{ locked: boolean }>(`select pg_try_advisory_lock(${DAYS_LOCK}) as locked`);
  if (!lock.rows[0]!.locked) return { tables: 0, isUnfinished: true };
  try {
    if (!(await patiently(() => client.query(RAISE_KEPT_FROM, [firstDay]), isStopped))) return { tables: 0, isUnfinished: true };
    // By the retention, not by what is recorded: days before one that was dropped by hand are still looked at.
    const keptFromDay = (await readKeptFrom(client)) / DAY_MS;
    const before = dayTable('delivery', Math.min(firstDay, keptFromDay)).slice(-8);
    const { rows } = await client.query<OldTable>(OLD_TABLES, [`^(${DAILY_TABLES.join('|')})_\\d{8}$`, before, MAX_TABLES]);
    let tables = 0;
    for (const table of rows) {
      if (!(await dropTable(client, table, isStopped))) return { tables, isUnfinished: true };
      tables++;
    }
    return { tables, isUnfinished: rows.length === MAX_TABLES };
  } finally {
    await client.query(`select pg_advisory_unlock(${DAYS_LOCK})`);
    await client.query('reset lock_timeout');
  }
}

/** @returns whether it is gone. */
async function dropTable(client: pg.ClientBase, { name, parent, state }: OldTable, isStopped: () => boolean): Promise<boolean> {
  const table = `dispatcher.${pg.escapeIdentifier(name)}`;
  if (state !== 'detached') {
    const detach = `alter table dispatcher.${pg.escapeIdentifier(parent!)} detach partition ${table}`;
    // One that was interrupted, by a lock that was not to be had among others, can only be finished.
    let isBegun = state === 'pending';
    const isDetached = await patiently(async () => {
      if (!isBegun && (await isPending(client, name))) isBegun = true;
      await client.query(isBegun ? `${detach} finalize` : `${detach} concurrently`);
    }, isStopped);
    if (!isDetached) return false;
  }
  return patiently(() => client.query(`drop table ${table}`), isStopped);
}

async function isPending(client: pg.ClientBase, name: string): Promise<boolean> {
  const { rowCount } = await client.query(
    `select from pg_inherits where inhrelid = to_regclass('dispatcher.' || quote_ident($1)) and inhdetachpending`,
    [name],
  );
  return rowCount === 1;
}

/** Tries until the lock is had, each time for a moment only. @returns false when it never was. */
async function patiently(work: () => Promise<unknown>, isStopped: () => boolean): Promise<boolean> {
  for (let tries = 1; !isStopped(); tries++) {
    try {
      await work();
      return true;
    } catch (error) {
      if ((error as { code?: unknown }).code !== LOCK_NOT_AVAILABLE) throw error;
      if (tries === MAX_TRIES) return false;
    }
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
  }
  return false;
}
