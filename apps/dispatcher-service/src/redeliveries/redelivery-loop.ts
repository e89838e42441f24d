import type pg from 'pg';
import { redeliveredId, type RedeliverySkip } from '@ringback/contracts';
import { inTransaction, isDatabaseAway, type Logger } from '@ringback/service-runtime';
import type { CallbackIndex } from '../callback-index/callback-index.js';
import type { DeliveryRow } from '../delivery-log/delivery-row.js';
import { againOf, wantedEventOf, type Again } from './again.js';
import { enqueueRedeliveries } from './enqueue-redeliveries.js';
import { EventSourceError, type EventSource } from './event-source.js';
import { findCandidates } from './find-candidates.js';
import { finishRedelivery } from './finish-redelivery.js';
import { whyNotAgain } from './judge-candidate.js';
import { appendCounts, sumUpCounts } from './redelivery-counts.js';
import { allowanceAt, pacedAfter } from './redelivery-pace.js';
import { holdRows, releaseRows, withdrawRows } from './redelivery-rows.js';
import type { StoppedRedeliveries } from './stopped-redeliveries.js';
import {
  letGoOfLeases,
  movePosition,
  readUnfinished,
  setWaitsFor,
  takeLease,
  type UnfinishedRedelivery,
} from './unfinished-redeliveries.js';

/** Given out at once, and asked of the ledger with one question. */
const MAX_ROWS = 500;
/** Of one redelivery, parked and not claimed: behind an open breaker it waits there, and no more is given out. */
const MAX_WAITING_ROWS = 10_000;
/** Between two steps of a redelivery that is driven here, in ms: at 500 a second a hundred rows each. */
const STEP_MS = 200;
/** Between two looks at those that others drive, in ms: how late a pause or a cancellation is heard of. */
const WATCH_MS = 500;
/** While the ledger is away, in ms. */
const AWAY_MS = 1_000;
/** Who dies is followed this soon, in ms. A lease that runs out under its owner costs nothing but the change. */
const LEASE_MS = 3_000;
const RENEW_BELOW_MS = 1_500;
/** Every so many steps the counts that recorders append are summed up. */
const SUM_UP_EVERY = 50;
/** Every so many steps what was given back, by who had not heard of the resumption yet, is let go too. */
const RELEASE_EVERY = 5;

export interface RedeliveryLoopOptions {
  readonly pool: pg.Pool;
  readonly index: Pick<CallbackIndex, 'today'>;
  readonly source: Pick<EventSource, 'find'>;
  readonly stopped: StoppedRedeliveries;
  readonly instanceId: string;
  /** How long the log is kept, in days. */
  readonly retentionDays: number;
  /** Deliveries were parked, and are due. */
  readonly onEnqueued: () => void;
  readonly logger: Logger;
  readonly now: () => number;
}

/**
 * Drives redeliveries of many: whoever holds the lease on one gives out, at its rate, the next of the log that its filter names, by parking
 * them; from there they go the way of retries. Where it stands is in PostgreSQL and moves in the transaction that parks, so that it is
 * taken up where it was left, whoever dies when. Asleep where there is nothing to drive.
 */
export class RedeliveryLoop {
  #running: Promise<void> | null = null;
  #again = false;
  #timer: NodeJS.Timeout | null = null;
  readonly #stopped = new AbortController();
  #steps = 0;

  constructor(private readonly options: RedeliveryLoopOptions) {}

  /** There may be something to do. */
  wake(): void {
    if (this.#stopped.signal.aborted) return;
    this.#again = true;
    if (this.#running !== null) return;
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    this.#running = this.#run().finally(() => {
      this.#running = null;
      if (this.#again) this.wake();
    });
  }

  /** Gives out no more, and lets another go on. */
  async stop(): Promise<void> {
    this.#stopped.abort();
    this.#again = false;
    if (this.#timer !== null) clearTimeout(this.#timer);
    await this.#running;
    try {
      await letGoOfLeases(this.options.pool, this.options.instanceId);
    } catch (error) {
      // The lease runs out.
      this.options.logger.debug({ error }, 'redeliveries were not let go of');
    }
  }

  async #run(): Promise<void> {
    const { pool, stopped } = this.options;
    this.#again = false;
    try {
      const unfinished = await readUnfinished(pool);
      stopped.replace(unfinished.filter(({ state }) => state !== 'running').map(({ id }) => id));
      let nextMs = Infinity;
      for (const redelivery of unfinished) {
        if (this.#stopped.signal.aborted) return;
        nextMs = Math.min(nextMs, await this.#drive(redelivery).catch((error: unknown) => this.#failed(error, redelivery.id)));
      }
      if (nextMs < Infinity) this.#wakeIn(nextMs);
    } catch (error) {
      this.#failed(error, null);
    }
  }

  /** A redelivery that fails takes neither the others nor the deliveries down with it: it is tried again with the next look. */
  #failed(error: unknown, redeliveryId: string | null): number {
    const { logger } = this.options;
    if (isDatabaseAway(error)) logger.debug({ error }, 'redeliveries wait for PostgreSQL');
    else logger.error({ error, redeliveryId }, 'a redelivery failed and is tried again');
    return Infinity;
  }

  #wakeIn(ms: number): void {
    if (this.#stopped.signal.aborted || this.#again) return;
    this.#timer = setTimeout(() => this.wake(), ms);
  }

  /** @returns when to look at it again, in ms; Infinity: when somebody says so, or with the next look. */
  async #drive(redelivery: UnfinishedRedelivery): Promise<number> {
    const { pool, instanceId, now } = this.options;
    const isOurs = redelivery.owner === instanceId && redelivery.leaseLeftMs > RENEW_BELOW_MS;
    const epoch = isOurs ? redelivery.epoch : await takeLease(pool, redelivery, instanceId, LEASE_MS);
    if (epoch === null) return redelivery.state === 'running' ? WATCH_MS : Infinity;
    const { id, state } = redelivery;
    switch (state) {
      case 'paused':
        // Some were claimed when it was paused, and given back since.
        await holdRows(pool, id);
        return Infinity;
      case 'cancelled':
        await withdrawRows(pool, id);
        return (await finishRedelivery(pool, id, now())) ? Infinity : STEP_MS;
      case 'running':
        if (++this.#steps % SUM_UP_EVERY === 0) await sumUpCounts(pool, id);
        if (this.#steps % RELEASE_EVERY === 0) await inTransaction(pool, (client) => releaseRows(client, id, now()));
        if (!redelivery.isSearched) return this.#step({ ...redelivery, epoch });
        if (!(await finishRedelivery(pool, id, now()))) return STEP_MS;
        await sumUpCounts(pool, id);
        return Infinity;
    }
  }

  async #step(redelivery: UnfinishedRedelivery): Promise<number> {
    const { pool, source, now } = this.options;
    const nowMs = now();
    const allowed = Math.min(allowanceAt(redelivery, nowMs), MAX_ROWS);
    const room = allowed === 0 ? 0 : Math.min(allowed, MAX_WAITING_ROWS - (await this.#waiting(redelivery.id)));
    if (room <= 0) return STEP_MS;
    const { filter, offerIds, position: after, endsBefore: before, createdAtMs: settledByMs } = redelivery;
    const found = await findCandidates(pool, { filter, offerIds, after, before, settledByMs }, room);
    const judged = found.rows.map((row) => ({ row, why: this.#whyNot(redelivery, row, nowMs) }));
    const wanted = judged.filter(({ why }) => why === null).map(({ row }) => row);
    try {
      const events = await source.find(wanted.map(wantedEventOf), this.#stopped.signal);
      await this.#giveOut(redelivery, found, judged, events);
    } catch (error) {
      if (!(error instanceof EventSourceError)) throw error;
      if (this.#stopped.signal.aborted) return Infinity;
      this.options.logger.warn({ error, redeliveryId: redelivery.id }, 'a redelivery waits for conversions-service');
      await setWaitsFor(pool, redelivery, 'conversions-service');
      return AWAY_MS;
    }
    return found.isEnd || found.rows.length > 0 ? STEP_MS : 0;
  }

  /** @param events of the first of those that can be sent; the others are for the next step */
  async #giveOut(
    redelivery: UnfinishedRedelivery,
    found: { readonly position: string; readonly isEnd: boolean },
    judged: readonly { readonly row: DeliveryRow; readonly why: RedeliverySkip | null }[],
    events: readonly (Buffer | null)[],
  ): Promise<void> {
    const { pool, instanceId, now, onEnqueued } = this.options;
    const nowMs = now();
    const again: Again[] = [];
    const counts = new Map<string, number>();
    const add = (outcome: string, count: number) => counts.set(outcome, (counts.get(outcome) ?? 0) + count);
    let position: string | null = null;
    let asked = 0;
    let isCut = false;
    for (const { row, why } of judged) {
      const event = why === null ? events[asked++] : null;
      isCut = event === undefined;
      if (isCut) break;
      position = row.id;
      if (why !== null) add(why, 1);
      else if (event === null) add('event-gone', 1);
      else again.push(this.#againOf(redelivery, row, event!, nowMs));
    }
    const moved = await inTransaction(pool, async (client) => {
      const isOurs = await movePosition(client, redelivery, instanceId, {
        position: isCut ? (position ?? redelivery.position) : found.position,
        isSearched: !isCut && found.isEnd,
        pacedAtMs: pacedAfter(redelivery, again.length, nowMs),
        leaseMs: LEASE_MS,
      });
      if (!isOurs) return false;
      const enqueued = await enqueueRedeliveries(client, redelivery.id, again, nowMs);
      add('enqueued', enqueued.size);
      add('in-progress', again.length - enqueued.size);
      await appendCounts(client, redelivery.id, counts);
      return enqueued.size > 0;
    });
    if (moved) onEnqueued();
  }

  #againOf({ id: redeliveryId, asNew, createdAtMs }: UnfinishedRedelivery, row: DeliveryRow, event: Buffer, nowMs: number): Again {
    const id = asNew ? redeliveredId(createdAtMs, redeliveryId, row.id) : row.id;
    return againOf(row, { id, event, today: this.options.index.today(row.callback_id), nowMs, retentionDays: this.options.retentionDays });
  }

  #whyNot({ asNew }: UnfinishedRedelivery, row: DeliveryRow, nowMs: number): RedeliverySkip | null {
    const { index, retentionDays } = this.options;
    return whyNotAgain({ id: row.id, attempts: asNew ? 0 : row.attempts }, index.today(row.callback_id).kind, { nowMs, retentionDays });
  }

  async #waiting(id: string): Promise<number> {
    const { rows } = await this.options.pool.query<{ count: number }>({
      name: 'waiting-of-redelivery',
      text: 'select count(*)::integer as count from dispatcher.parked where redelivery_id = $1 and leased_until is null',
      values: [id],
    });
    return rows[0]!.count;
  }
}
