import { setTimeout as pause } from 'node:timers/promises';
import type { EventStreamLogger } from './kafka-log.js';

interface Waiter {
  readonly id: number;
  readonly sinceMs: number;
  readonly settle: (isPublished: boolean) => void;
}

export interface PublicationWaitersOptions {
  /** Which of the ids are still in the outbox; true for those set aside. */
  stillThere: (ids: readonly number[]) => Promise<ReadonlyMap<number, boolean>>;
  logger: EventStreamLogger;
  /** Monotonic ms. */
  now: () => number;
}

const POLL_MS = 50;
/** At least so many published ids, and at most twice as many, are remembered for those who ask a moment late. */
const REMEMBERED = 5_000;
const MAX_IDS_A_QUERY = 1_000;

/** Those who wait for a row to be in Kafka: told at once by the relay of this process, else found out by one shared query per 50 ms. */
export class PublicationWaiters {
  readonly #options: PublicationWaitersOptions;
  readonly #waiting = new Set<Waiter>();
  readonly #byId = new Map<number, Set<Waiter>>();
  #published = new Set<number>();
  #publishedEarlier = new Set<number>();
  #polling: Promise<void> | null = null;
  #isClosed = false;

  constructor(options: PublicationWaitersOptions) {
    this.#options = options;
  }

  /** @returns true once published, false after the time is over or when the row was set aside. An id that is in no row counts as published. */
  wait(id: number, timeoutMs: number): Promise<boolean> {
    if (this.#published.has(id) || this.#publishedEarlier.has(id)) return Promise.resolve(true);
    if (this.#isClosed) return Promise.resolve(false);
    return new Promise((resolve) => {
      const timer = setTimeout(() => waiter.settle(false), timeoutMs);
      const waiter: Waiter = {
        id,
        sinceMs: this.#options.now(),
        settle: (isPublished) => {
          clearTimeout(timer);
          this.#remove(waiter);
          resolve(isPublished);
        },
      };
      this.#add(waiter);
      this.#polling ??= this.#poll().finally(() => (this.#polling = null));
    });
  }

  published(ids: readonly number[]): void {
    for (const id of ids) {
      this.#published.add(id);
      for (const waiter of this.#byId.get(id) ?? []) waiter.settle(true);
    }
    if (this.#published.size < REMEMBERED) return;
    this.#publishedEarlier = this.#published;
    this.#published = new Set();
  }

  setAside(id: number): void {
    for (const waiter of this.#byId.get(id) ?? []) waiter.settle(false);
  }

  /** Everyone who waits is answered false. */
  async close(): Promise<void> {
    this.#isClosed = true;
    for (const waiter of this.#waiting) waiter.settle(false);
    await this.#polling;
  }

  #add(waiter: Waiter): void {
    this.#waiting.add(waiter);
    const same = this.#byId.get(waiter.id);
    if (same === undefined) this.#byId.set(waiter.id, new Set([waiter]));
    else same.add(waiter);
  }

  #remove(waiter: Waiter): void {
    this.#waiting.delete(waiter);
    const same = this.#byId.get(waiter.id);
    same?.delete(waiter);
    if (same?.size === 0) this.#byId.delete(waiter.id);
  }

  async #poll(): Promise<void> {
    const { stillThere, logger, now } = this.#options;
    while (this.#waiting.size > 0) {
      await pause(POLL_MS);
      const due = [...this.#waiting].filter(({ sinceMs }) => now() - sinceMs >= POLL_MS).slice(0, MAX_IDS_A_QUERY);
      if (due.length === 0) continue;
      try {
        const there = await stillThere(due.map(({ id }) => id));
        for (const waiter of due) {
          const isSetAside = there.get(waiter.id);
          if (isSetAside !== false) waiter.settle(isSetAside === undefined);
        }
      } catch (error) {
        logger.debug({ err: error }, 'outbox: cannot ask which rows are published');
      }
    }
  }
}
