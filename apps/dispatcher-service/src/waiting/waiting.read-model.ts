import type pg from 'pg';
import { MAX_COUNTED, type Lag, type WaitingItem } from '@ringback/contracts';
import { findWaiting, type WaitingFilter, type WaitingPosition, type WaitingRow } from './find-waiting.js';
import { waitsFor } from './waits-for.js';

export interface WaitingOptions {
  readonly pool: pg.Pool;
  /** Null while Kafka does not answer. */
  readonly lag: { read(): Promise<Lag | null> };
  /** What a callback is today. */
  readonly callback: (callbackId: number) => { readonly isDisabled: boolean; readonly maxPerSecond: number | null };
  readonly callbacksOf: (offerIds: readonly number[]) => number[];
  /** By which deliveries are due. */
  readonly now: () => number;
}

export interface WaitingQuestion extends Omit<WaitingFilter, 'visibleIds'> {
  /** Only what waits for their callbacks counts, also within a destination; null: of all offers. */
  readonly offerIds: readonly number[] | null;
}

export interface Waiting {
  readonly lag: Lag | null;
  readonly items: WaitingItem[];
  /** Null when there is no more. */
  readonly next: WaitingPosition | null;
}

/** What waits for whom, and why: what is parked, what holds it, and how much is not even read. */
export class WaitingReadModel {
  constructor(private readonly options: WaitingOptions) {}

  /** @param after where the last page ended */
  async read({ offerIds, ...wanted }: WaitingQuestion, after: WaitingPosition | null, limit: number): Promise<Waiting> {
    const { pool, now, callbacksOf } = this.options;
    const filter = { ...wanted, visibleIds: offerIds === null ? null : callbacksOf(offerIds) };
    const nowMs = now();
    const [lag, rows] = await Promise.all([this.options.lag.read(), findWaiting(pool, filter, after, nowMs, limit + 1)]);
    const shown = rows.slice(0, limit);
    const last = shown.at(-1);
    return {
      lag,
      // A queue outlives its last delivery for a while.
      items: shown.filter(({ parked }) => parked > 0).map((row) => this.#item(row, nowMs)),
      next: rows.length > limit && last !== undefined ? (last.callback_id ?? last.destination) : null,
    };
  }

  #item(row: WaitingRow, nowMs: number): WaitingItem {
    const callbacks = row.callback_ids.map(this.options.callback);
    const disabledCallbacks = callbacks.filter(({ isDisabled }) => isDisabled).length;
    const item: Omit<WaitingItem, 'waitsFor'> = {
      destination: row.destination,
      callbackId: row.callback_id,
      callbacks: row.callbacks,
      parked: Math.min(row.parked, MAX_COUNTED),
      parkedIsCapped: row.parked > MAX_COUNTED,
      due: row.due === MAX_COUNTED ? MAX_COUNTED : Math.max(0, row.due - row.leased),
      beingSent: row.leased,
      oldestDueAt: row.oldest_due_at?.toISOString() ?? null,
      nextDueAt: row.next_due_at?.toISOString() ?? null,
      breaker: breakerOf(row),
      pause: pauseOf(row),
      draining: row.draining,
      disabled: disabledCallbacks === callbacks.length,
    };
    const why = {
      pausedCallbacks: row.paused_callbacks,
      brokenCallbacks: row.broken_callbacks,
      disabledCallbacks,
      isBehindEarlier: row.is_later,
      maxPerSecond: callbacks.length === 1 ? callbacks[0]!.maxPerSecond : null,
    };
    return { ...item, waitsFor: waitsFor({ ...item, ...why }, nowMs) };
  }
}

function breakerOf(row: WaitingRow): WaitingItem['breaker'] {
  if (row.breaker_scope === null) return null;
  return {
    scope: row.breaker_scope,
    openedAt: row.opened_at.toISOString(),
    openUntil: row.open_until.toISOString(),
    openings: row.openings,
    reason: row.breaker_reason,
  };
}

function pauseOf(row: WaitingRow): WaitingItem['pause'] {
  if (row.pause_id === null) return null;
  return {
    id: row.pause_id,
    scope: row.pause_scope,
    reason: row.pause_reason,
    createdBy: row.created_by,
    createdAt: row.created_at.toISOString(),
  };
}
