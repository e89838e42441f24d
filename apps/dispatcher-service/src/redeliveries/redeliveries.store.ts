import { randomUUID } from 'node:crypto';
import type pg from 'pg';
import {
  deliveryId,
  deliveryIdFloor,
  MAX_ACTIVE_REDELIVERIES,
  type Redelivery,
  type RedeliveryDryRun,
  type RedeliveryFilter,
  type RedeliveryInput,
} from '@ringback/contracts';
import { inTransaction } from '@ringback/service-runtime';
import { toDelivery } from '../delivery-log/delivery-row.js';
import { countCandidates, findCandidates, type LogSearch } from './find-candidates.js';
import { finishRedelivery } from './finish-redelivery.js';
import { REDELIVERY_COLUMNS, toRedelivery, type RedeliveryRow } from './redelivery-row.js';
import { holdRows, releaseRows, withdrawRows } from './redelivery-rows.js';

/** Counted without a lock: two requests at once may go one above the limit, which is there to bound work and nothing else. */
const INSERT = `
  insert into dispatcher.redelivery (id, filter, offer_ids, as_new, rate_per_second, created_by, created_at, total, total_is_exact, position,
    ends_before, paced_at)
  select $1, $2, $3::integer[], $4, $5, $6, to_timestamp($7::float8 / 1000), $8, $9, $10, $11, to_timestamp($7::float8 / 1000)
  where (select count(*) from dispatcher.redelivery where finished_at is null) < $12`;

const VISIBLE = `($1::integer[] is null or job.offer_ids <@ $1::integer[])`;
const FIND = `select ${REDELIVERY_COLUMNS} from dispatcher.redelivery as job where ${VISIBLE} and id = $2`;
const LIST = `
  select ${REDELIVERY_COLUMNS} from dispatcher.redelivery as job
  where ${VISIBLE} and ($2::uuid is null or id < $2) order by id desc limit $3`;

const PAUSE = `update dispatcher.redelivery set state = 'paused' where id = $1 and state = 'running'`;
const RESUME = `
  update dispatcher.redelivery set state = 'running', paced_at = to_timestamp($2::float8 / 1000) where id = $1 and state = 'paused'`;
const CANCEL = `update dispatcher.redelivery set state = 'cancelled' where id = $1 and state in ('running', 'paused')`;

const SAMPLE_ROWS = 10;

export type CreateOutcome = { readonly kind: 'created'; readonly redelivery: Redelivery } | { readonly kind: 'too-many' };

/** What an admin may do to a redelivery that is under way. */
export type RedeliveryChange = 'pause' | 'resume' | 'cancel';

export type ChangeOutcome =
  | { readonly kind: 'done'; readonly redelivery: Redelivery }
  /** It ended before: nothing can be changed any more. */
  | { readonly kind: 'ended'; readonly redelivery: Redelivery }
  | { readonly kind: 'unknown' };

export interface RedeliveriesStoreOptions {
  readonly pool: pg.Pool;
  readonly now: () => number;
  readonly monotonic: () => number;
  /** Something is to be done: this process need not wait for its next look. */
  readonly onChanged: () => void;
  /** What this process has claimed of it is not to be sent. */
  readonly onStopped: (redeliveryId: string) => void;
}

/** Redeliveries of many, as admins see and steer them. `offerIds`: all that the caller may see; null: every offer. */
export class RedeliveriesStore {
  constructor(private readonly options: RedeliveriesStoreOptions) {}

  async dryRun({ filter }: RedeliveryInput, offerIds: readonly number[] | null): Promise<RedeliveryDryRun> {
    const { pool, now } = this.options;
    const search = searchOf(filter, offerIds, now());
    const [counted, { rows }] = await Promise.all([this.#count(search), findCandidates(pool, search, SAMPLE_ROWS)]);
    return { ...counted, sample: rows.map(toDelivery) };
  }

  /** The log as it is now: what ends later is no part of it, so it never meets what it sent itself. */
  async create(input: RedeliveryInput, offerIds: readonly number[] | null, createdBy: string): Promise<CreateOutcome> {
    const { pool, now, onChanged } = this.options;
    const nowMs = now();
    // In the order of time, so that the newest stand first in the list.
    const id = deliveryId(nowMs, randomUUID(), 0);
    const scope = input.filter.offerId === undefined ? offerIds : [input.filter.offerId];
    const search = searchOf(input.filter, offerIds, nowMs);
    const { count, isExact } = await this.#count(search);
    const { rowCount } = await pool.query(INSERT, [
      id,
      input.filter,
      scope,
      input.asNew,
      input.ratePerSecond,
      createdBy,
      nowMs,
      count,
      isExact,
      search.after,
      search.before,
      MAX_ACTIVE_REDELIVERIES,
    ]);
    if (rowCount === 0) return { kind: 'too-many' };
    onChanged();
    return { kind: 'created', redelivery: (await this.find(id, null))! };
  }

  async find(id: string, offerIds: readonly number[] | null): Promise<Redelivery | null> {
    const { rows } = await this.options.pool.query<RedeliveryRow>(FIND, [offerIds, id]);
    return rows[0] === undefined ? null : toRedelivery(rows[0], this.options.now());
  }

  /** @returns redeliveries below the id `before` (null: all), newest first. */
  async list(offerIds: readonly number[] | null, before: string | null, limit: number): Promise<Redelivery[]> {
    const { rows } = await this.options.pool.query<RedeliveryRow>(LIST, [offerIds, before, limit]);
    return rows.map((row) => toRedelivery(row, this.options.now()));
  }

  /** What is so already stays so. What is not claimed of a cancelled one is taken back in the same transaction. */
  async change(id: string, offerIds: readonly number[] | null, change: RedeliveryChange): Promise<ChangeOutcome> {
    const { pool, now, onChanged, onStopped } = this.options;
    if ((await this.find(id, offerIds)) === null) return { kind: 'unknown' };
    const isChanged = await inTransaction(pool, async (client) => {
      switch (change) {
        case 'pause': {
          const { rowCount } = await client.query(PAUSE, [id]);
          if (rowCount === 1) await holdRows(client, id);
          return rowCount === 1;
        }
        case 'resume': {
          const { rowCount } = await client.query(RESUME, [id, now()]);
          if (rowCount === 1) await releaseRows(client, id, now());
          return rowCount === 1;
        }
        case 'cancel': {
          const { rowCount } = await client.query(CANCEL, [id]);
          if (rowCount === 1) await withdrawRows(client, id);
          if (rowCount === 1) await finishRedelivery(client, id, now());
          return rowCount === 1;
        }
      }
    });
    if (isChanged && change !== 'resume') onStopped(id);
    if (isChanged) onChanged();
    const redelivery = (await this.find(id, null))!;
    return { kind: redelivery.state === WANTED[change] ? 'done' : 'ended', redelivery };
  }

  #count(search: LogSearch): Promise<{ count: number; isExact: boolean }> {
    const { pool, monotonic } = this.options;
    const startedAt = monotonic();
    return countCandidates(pool, search, () => monotonic() - startedAt);
  }
}

const WANTED = { pause: 'paused', resume: 'running', cancel: 'cancelled' } as const satisfies Record<RedeliveryChange, Redelivery['state']>;

/** The part of the log that a filter names, as of `nowMs`. */
function searchOf({ from, to, ...filter }: RedeliveryFilter, offerIds: readonly number[] | null, nowMs: number): LogSearch {
  return {
    filter,
    offerIds,
    after: deliveryIdFloor(Math.max(0, Date.parse(from))),
    // What is sent as new has ids from now on.
    before: deliveryIdFloor(Math.max(0, Math.min(Date.parse(to), nowMs))),
    settledByMs: nowMs,
  };
}
