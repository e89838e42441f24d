import type pg from 'pg';
import { outboxNames } from './outbox-names.js';

export interface OutboxLeaseOptions {
  pool: pg.Pool;
  schema: string;
  /** Unique to this relay, also among processes that follow each other under one name. */
  holder: string;
  leaseMs: number;
  /** How long PostgreSQL may take to answer, in ms. */
  queryTimeoutMs: number;
  /** Monotonic ms. */
  now: () => number;
}

export interface LeaseLook {
  readonly isHeld: boolean;
  /** How long another holder's lease still runs, in ms; 0 when it is ours. */
  readonly othersForMs: number;
  /** Whether any row waits to be published. */
  readonly hasRows: boolean;
}

/**
 * The right to publish one schema's outbox: one row in PostgreSQL, whose `fence` counts holders. PostgreSQL's clock decides who may take
 * it; whether this process may still send is decided by its own monotonic clock, counted from before the renewal was asked, so that it
 * gives up earlier than anyone else can begin.
 */
export class OutboxLease {
  readonly #options: OutboxLeaseOptions;
  #fence: number | null = null;
  #liveUntil = 0;

  constructor(options: OutboxLeaseOptions) {
    this.#options = options;
  }

  get holder(): string {
    return this.#options.holder;
  }

  /** Counts the holders there were: a later holder's is greater. Null while not held. */
  get fence(): number | null {
    return this.#fence;
  }

  isLive(): boolean {
    return this.#fence !== null && this.#options.now() < this.#liveUntil;
  }

  /** Renews the lease, or takes it when it is free. Throws what `pg` throws; the lease then runs on as it was. */
  async renewOrTake(): Promise<LeaseLook> {
    const { pool, schema, holder, leaseMs, queryTimeoutMs, now } = this.#options;
    const { outbox, lease } = outboxNames(schema);
    const askedAt = now();
    const { rows } = await pool.query<{ fence: string | null; others_for_ms: number; has_rows: boolean }>(
      timed(queryTimeoutMs, {
        text: `
          with mine as (
            update ${lease} set
              fence = fence + case when holder = $1 then 0 else 1 end,
              holder = $1,
              expires_at = now() + $2 * interval '1 millisecond'
            where holder = $1 or expires_at < now()
            returning fence
          )
          select (select fence from mine) as fence,
                 greatest(0, least(3600000, extract(epoch from expires_at - now()) * 1000))::float8 as others_for_ms,
                 exists (select from ${outbox} where set_aside_at is null) as has_rows
          from ${lease}`,
        values: [holder, leaseMs],
      }),
    );
    const found = rows[0];
    if (found === undefined) throw new Error(`${lease} has lost its only row`);
    if (found.fence === null) this.#fence = null;
    else {
      this.#fence = Number(found.fence);
      this.#liveUntil = askedAt + leaseMs;
    }
    const isHeld = this.#fence !== null;
    return { isHeld, othersForMs: isHeld ? 0 : found.others_for_ms, hasRows: found.has_rows };
  }

  /** PostgreSQL said that someone else holds it. */
  lost(): void {
    this.#fence = null;
  }

  /** Lets go, so that the next can begin at once. Throws what `pg` throws. */
  async release(): Promise<void> {
    const { pool, schema, holder, queryTimeoutMs } = this.#options;
    const { lease, channel } = outboxNames(schema);
    this.#fence = null;
    await pool.query(
      timed(queryTimeoutMs, {
        text: `
          with released as (
            update ${lease} set holder = null, expires_at = '-infinity' where holder = $1 returning 1
          )
          select pg_notify($2, $3) from released`,
        values: [holder, channel, RELEASED],
      }),
    );
  }
}

/** Payload of the notification that says the lease is free; the one for new rows has none. */
export const RELEASED = 'released';

/** `pg` gives up on a query after this; its types do not know the option on a single query. */
export function timed(queryTimeoutMs: number, query: pg.QueryConfig): pg.QueryConfig {
  return Object.assign(query, { query_timeout: queryTimeoutMs });
}
