import { setTimeout as delay } from 'node:timers/promises';
import { Backoff } from './backoff.js';
import { HeldLease } from './held-lease.js';
import type { EventStreamLogger } from './kafka-log.js';
import { acquireLeases, type LeaseQuery, type LeaseRow, releaseLease, renewLeases } from './partition-leases.js';

/** How often a wanted partition is asked for, in ms: most of what a hand-over costs beyond the old owner's drain. */
const ACQUIRE_EVERY_MS = 50;
/** Pause after PostgreSQL failed to answer, in ms. */
const RETRY_MS = { firstMs: 100, maxMs: 1_000 };

export interface LeaseKeeperOptions extends Omit<LeaseQuery, 'timeoutMs'> {
  /** How long a lease lasts without renewal, in ms. */
  readonly leaseMs: number;
  readonly logger: EventStreamLogger;
  readonly monotonicMs: () => number;
  onAcquired(lease: HeldLease): void;
  /** The row has another owner: the lease has ended. */
  onLost(lease: HeldLease): void;
  /** Seen with every renewal and release: how far the partitions are recorded. */
  onRecorded(rows: readonly LeaseRow[]): void;
  /** Whether messages may be admitted has changed. */
  onReadingChanged(): void;
}

/**
 * Holds leases of one topic's partitions in PostgreSQL: acquires those that are wanted, renews all it holds, releases. While PostgreSQL
 * is away it keeps trying; leases run out on the own clock meanwhile (`isLive` turns false) and go on when PostgreSQL, once back, still
 * has them as ours. Only PostgreSQL's word makes a lease lost.
 */
export class LeaseKeeper {
  readonly held = new Map<number, HeldLease>();
  readonly #options: LeaseKeeperOptions;
  readonly #query: LeaseQuery;
  readonly #stopped = new AbortController();
  #wanted: ReadonlySet<number> = new Set();
  #acquiring: Promise<void> | null = null;
  readonly #releasing = new Set<Promise<void>>();
  #isAway = false;
  #renewing: Promise<void> | null = null;

  constructor(options: LeaseKeeperOptions) {
    this.#options = options;
    this.#query = { ...options, timeoutMs: Math.round(options.leaseMs * 0.3) };
  }

  /** Whether PostgreSQL gave no answer last time. */
  get isAway(): boolean {
    return this.#isAway;
  }

  start(): void {
    this.#renewing ??= this.#keepRenewing();
  }

  /** The partitions to hold from now on: those not held are acquired as soon as they can be. Does not release any. */
  want(partitions: ReadonlySet<number>): void {
    this.#wanted = partitions;
    if (this.#missing().length > 0) this.#acquiring ??= this.#keepAcquiring();
  }

  /** Lets a lease go; tries until PostgreSQL answers, or the lease has run out by itself. */
  async release(lease: HeldLease): Promise<void> {
    const releasing = this.#release(lease).finally(() => this.#releasing.delete(releasing));
    this.#releasing.add(releasing);
    await releasing;
  }

  async #release(lease: HeldLease): Promise<void> {
    lease.isReleasing = true;
    do {
      try {
        this.#options.onRecorded(await releaseLease(this.#query, lease));
        this.#isAway = false;
        break;
      } catch (error) {
        this.#failed('releasing a partition', error);
        await this.#pause(RETRY_MS.firstMs);
      }
    } while (lease.isLive() && !this.#stopped.signal.aborted);
    this.#forget(lease);
  }

  /** Gives up renewing and acquiring. What is still held runs out by itself. */
  async stop(): Promise<void> {
    this.#stopped.abort();
    await Promise.all([this.#renewing, this.#acquiring]);
    await Promise.all(this.#releasing);
    for (const lease of this.held.values()) this.#forget(lease);
  }

  async #keepAcquiring(): Promise<void> {
    const backoff = new Backoff(RETRY_MS);
    for (;;) {
      const missing = this.#missing();
      if (missing.length === 0) break;
      try {
        await this.#acquire(missing);
        backoff.succeeded();
        this.#isAway = false;
        await this.#pause(ACQUIRE_EVERY_MS);
      } catch (error) {
        this.#failed('acquiring partitions', error);
        await this.#pause(backoff.failed());
      }
    }
    // In the same turn as the last look, so that what is wanted from now on starts a new round.
    this.#acquiring = null;
  }

  #missing(): number[] {
    return this.#stopped.signal.aborted ? [] : [...this.#wanted].filter((partition) => !this.held.has(partition));
  }

  async #acquire(missing: readonly number[]): Promise<void> {
    const { leaseMs, topic, monotonicMs, logger } = this.#options;
    const askedAtMs = monotonicMs();
    const rows = await acquireLeases(this.#query, missing, leaseMs);
    const leases = rows.map(({ partition, epoch, nextOffset }) => {
      const lease = new HeldLease(topic, partition, epoch, nextOffset, askedAtMs + leaseMs, monotonicMs, () =>
        this.#options.onReadingChanged(),
      );
      this.held.set(partition, lease);
      return lease;
    });
    for (const lease of leases) {
      const { partition, epoch, recordedOffset } = lease;
      logger.info({ topic, partition, epoch, recordedOffset }, 'partition acquired');
      if (this.#stopped.signal.aborted || !this.#wanted.has(partition)) void this.release(lease);
      else this.#options.onAcquired(lease);
    }
  }

  async #keepRenewing(): Promise<void> {
    const { leaseMs } = this.#options;
    const backoff = new Backoff(RETRY_MS);
    let pauseMs = leaseMs * 0.3;
    while (!this.#stopped.signal.aborted) {
      await this.#pause(pauseMs);
      try {
        await this.#renew();
        backoff.succeeded();
        pauseMs = leaseMs * 0.3;
      } catch (error) {
        this.#failed('renewing leases', error);
        pauseMs = backoff.failed();
      }
    }
  }

  async #renew(): Promise<void> {
    const { leaseMs, monotonicMs, topic, logger } = this.#options;
    const leases = [...this.held.values()].filter((lease) => !lease.isReleasing);
    if (leases.length === 0) return;
    const askedAtMs = monotonicMs();
    const rows = await renewLeases(this.#query, leases, leaseMs);
    this.#isAway = false;
    const renewed = new Set(rows.map((row) => row.partition));
    for (const lease of leases) {
      if (renewed.has(lease.partition)) lease.extend(askedAtMs + leaseMs);
      else if (!lease.isReleasing && this.held.get(lease.partition) === lease) {
        logger.warn({ topic, partition: lease.partition, epoch: lease.epoch }, 'partition lost: it has another owner');
        this.#forget(lease);
        this.#options.onLost(lease);
      }
    }
    this.#options.onRecorded(rows);
    this.#options.onReadingChanged();
  }

  #forget(lease: HeldLease): void {
    lease.end();
    if (this.held.get(lease.partition) === lease) this.held.delete(lease.partition);
    // It may be wanted again already.
    this.want(this.#wanted);
  }

  #failed(what: string, error: unknown): void {
    const { logger, topic } = this.#options;
    if (!this.#isAway) logger.warn({ topic, err: error }, `${what} failed: trying until PostgreSQL answers`);
    this.#isAway = true;
  }

  async #pause(ms: number): Promise<void> {
    await delay(ms, undefined, { signal: this.#stopped.signal }).catch(() => undefined);
  }
}
