import { randomUUID } from 'node:crypto';
import type pg from 'pg';
import { decodeConversionEvent } from '@ringback/contracts';
import { inTransaction, isDatabaseAway, type Logger } from '@ringback/service-runtime';
import type { CallbackIndex } from '../callback-index/callback-index.js';
import { Delivery, type DeliveryEvent, type ParkedLease } from '../delivery/delivery.js';
import type { Lanes } from '../delivery/lanes.js';
import type { Window } from '../intake/window.js';
import type { Recorder } from '../recording/recorder.js';
import { claimDue, claimExpired, type Claim } from './claim-due.js';
import { releaseQueue, takeOver } from './take-over.js';

/** Callbacks served by one claim. */
const MAX_QUEUES = 100;
/** How often leases that ran out, and what other processes parked, are looked for, in ms: 0.4 statements a second when idle. */
const LOOK_EVERY_MS = 2_500;
/** A disabled callback's queue is looked at again after this time, in ms; enabling it is noticed at once. */
const HOLD_MS = 60_000;
/** Between two claims when the first found only what others have locked, or when room comes free bit by bit, in ms. */
const MIN_PAUSE_MS = 20;
const MAX_EXPIRED_ROWS = 500;

export interface ParkedLoopOptions {
  readonly pool: pg.Pool;
  readonly index: CallbackIndex;
  readonly window: Window;
  readonly lanes: Lanes;
  readonly recorder: Recorder;
  /** Most parked deliveries in hand, of all and of one destination. */
  readonly maxInHand: number;
  readonly maxPerDestination: number;
  /** For how long a claim holds; longer than the longest request and its recording, in ms. */
  readonly leaseMs: number;
  readonly logger: Logger;
  readonly onFatal: (error: unknown) => void;
  readonly now: () => number;
  readonly monotonic: () => number;
}

/**
 * Sends what is parked when it is due: claims it, callback after callback in turn, under a lease, and hands it to the same lanes as what
 * comes from Kafka. One claim at a time; asleep until the next due time otherwise.
 */
export class ParkedLoop {
  readonly #inHand = new Set<Delivery>();
  readonly #perDestination = new Map<string, number>();
  #claiming: Promise<void> | null = null;
  #again = false;
  #timer: NodeJS.Timeout | null = null;
  #dueTimer: NodeJS.Timeout | null = null;
  #nextDueAtMs = Infinity;
  #lookTimer: NodeJS.Timeout | null = null;
  #stopped = false;
  #isAway = false;
  #isLooking = false;
  /** When PostgreSQL last answered a look. Monotonic. */
  #lookedAt = -Infinity;
  /** Rows may have been left unclaimed for want of room. */
  #hungry = false;
  /** The queues that were asked to be released, and were not yet, since PostgreSQL was away. */
  readonly #toRelease = new Set<number>();

  constructor(private readonly options: ParkedLoopOptions) {}

  get waitingFor(): 'postgresql' | null {
    return this.#isAway ? 'postgresql' : null;
  }

  get inHand(): number {
    return this.#inHand.size;
  }

  start(): void {
    this.#lookTimer = setInterval(() => void this.look(), LOOK_EVERY_MS);
    void this.look();
  }

  /** Claims no more, and gives back what was claimed and not sent. What is under way goes on. */
  async stop(): Promise<void> {
    this.#stopped = true;
    if (this.#timer !== null) clearTimeout(this.#timer);
    if (this.#dueTimer !== null) clearTimeout(this.#dueTimer);
    if (this.#lookTimer !== null) clearInterval(this.#lookTimer);
    await this.#claiming;
    for (const delivery of this.#inHand) {
      if (delivery.state !== 'queued') continue;
      this.options.lanes.remove(delivery);
      this.options.recorder.settle(delivery, { kind: 'wait', error: null, dueAtMs: this.options.now() });
    }
  }

  /** Something is due at this time: claims then. */
  dueAt(dueAtMs: number): void {
    if (this.#stopped) return;
    const inMs = dueAtMs - this.options.now();
    if (inMs <= 0) {
      this.wake();
      return;
    }
    // What is due later is found by a later look; what is due before the next but one is waited for exactly.
    if (inMs > 2 * LOOK_EVERY_MS || dueAtMs >= this.#nextDueAtMs) return;
    this.#nextDueAtMs = dueAtMs;
    if (this.#dueTimer !== null) clearTimeout(this.#dueTimer);
    this.#dueTimer = setTimeout(() => {
      this.#nextDueAtMs = Infinity;
      this.#dueTimer = null;
      this.wake();
    }, inMs);
  }

  /** Claims what is due now, again and again until nothing is, or there is no more room. */
  wake(): void {
    if (this.#stopped) return;
    this.#again = true;
    if (this.#claiming !== null) return;
    this.#claiming = this.#claimAll()
      .catch((error: unknown) => this.#failed(error))
      .finally(() => {
        this.#claiming = null;
        if (this.#again && !this.#isAway) this.wake();
      });
  }

  /** A delivery of ours is recorded and out of hand: there is room. */
  letGo(delivery: Delivery): void {
    if (!this.#inHand.delete(delivery)) return;
    const left = this.#perDestination.get(delivery.destination)! - 1;
    if (left === 0) this.#perDestination.delete(delivery.destination);
    else this.#perDestination.set(delivery.destination, left);
    // Not at once: what ends within a moment is made up for by one claim.
    if (this.#hungry) this.#pause();
  }

  /** A callback was enabled. */
  release(callbackId: number): void {
    this.#toRelease.add(callbackId);
    void this.#releaseQueues();
  }

  /** Frees what dead processes held, and sees when something is due. */
  async look(): Promise<void> {
    if (this.#stopped || this.#isLooking) return;
    this.#isLooking = true;
    try {
      // After an outage, whoever is alive first writes what came of requests whose leases ran out meanwhile: freed, they would be repeated.
      const isSteady = this.options.monotonic() - this.#lookedAt < 2 * LOOK_EVERY_MS;
      const { freed, nextDueAtMs } = await takeOver(this.options.pool, isSteady);
      this.#lookedAt = this.options.monotonic();
      this.#isAway = false;
      if (freed > 0) this.options.logger.info({ freed }, 'took over parked deliveries whose leases ran out');
      if (freed > 0) this.wake();
      else if (nextDueAtMs !== null) this.dueAt(nextDueAtMs);
      await this.#releaseQueues();
    } catch (error) {
      this.#failed(error);
    } finally {
      this.#isLooking = false;
    }
  }

  /** Ends what waited for longer than it is kept. */
  async expire(): Promise<void> {
    const { pool, now, leaseMs } = this.options;
    const lease = this.#newLease();
    const claim = await inTransaction(pool, (client) =>
      claimExpired(client, { nowMs: now(), token: lease.token, leaseMs, maxRows: MAX_EXPIRED_ROWS }),
    );
    this.#admit(claim, lease);
  }

  async #claimAll(): Promise<void> {
    while (this.#again && !this.#stopped) {
      this.#again = false;
      const room = this.options.maxInHand - this.#inHand.size;
      this.#hungry = room <= 0;
      if (this.#hungry) return;
      const busy = this.#busyDestinations();
      this.#hungry = busy.length > 0;
      const lease = this.#newLease();
      const claim = await this.#claim(room, busy, lease);
      this.#isAway = false;
      this.#admit(claim, lease);
      if (claim.rows.length > 0) this.#again = true;
      else if (claim.queues > 0) this.#pause();
    }
  }

  #claim(room: number, busyDestinations: readonly string[], lease: ParkedLease): Promise<Claim> {
    const { pool, now, leaseMs } = this.options;
    const nowMs = now();
    return inTransaction(pool, (client) =>
      claimDue(client, {
        nowMs,
        token: lease.token,
        leaseMs,
        maxQueues: MAX_QUEUES,
        busyDestinations,
        share: (queues) => this.#share(queues, room),
        holdUntilMs: nowMs + HOLD_MS,
      }),
    );
  }

  /** An equal share of the room for each callback, and of what its destination may have in hand. Nothing for a disabled callback. */
  #share(queues: readonly { callbackId: number; destination: string }[], room: number): number[] {
    const callbacksOf = new Map<string, number>();
    for (const { destination } of queues) callbacksOf.set(destination, (callbacksOf.get(destination) ?? 0) + 1);
    const equal = Math.max(1, Math.floor(room / queues.length));
    return queues.map(({ callbackId, destination }) => {
      if (this.options.index.today(callbackId).kind === 'disabled') return 0;
      const left = this.#limitOf(destination) - (this.#perDestination.get(destination) ?? 0);
      return Math.min(equal, Math.max(1, Math.floor(left / callbacksOf.get(destination)!)));
    });
  }

  #busyDestinations(): string[] {
    const busy: string[] = [];
    for (const [destination, count] of this.#perDestination) if (count >= this.#limitOf(destination)) busy.push(destination);
    return busy;
  }

  /** At most half of what is left by the others: however many destinations hang, there is room for one more. */
  #limitOf(destination: string): number {
    const room = this.options.maxInHand - this.#inHand.size + (this.#perDestination.get(destination) ?? 0);
    return Math.min(this.options.maxPerDestination, Math.ceil(room / 2));
  }

  #newLease(): ParkedLease {
    return { token: randomUUID(), endsAt: this.options.monotonic() + this.options.leaseMs };
  }

  #admit({ rows, events }: Claim, lease: ParkedLease): void {
    const { window, lanes, recorder, index, now, monotonic } = this.options;
    const decoded = new Map<string, DeliveryEvent | null>();
    for (const row of rows) {
      // Its last request has only just ended here, and is about to be recorded.
      if (window.get(row.id) !== undefined) continue;
      let event = decoded.get(row.event_key);
      if (event === undefined) decoded.set(row.event_key, (event = eventOf(events.get(row.event_key))));
      if (event === null) {
        this.options.onFatal(new Error(`parked delivery ${row.id} has no readable event under ${row.event_key}`));
        return;
      }
      const today = index.today(row.callback_id);
      const destination = today.kind === 'live' ? today.callback.destination : (row.destination ?? '');
      const delivery = new Delivery(row.id, row.callback_id, event, destination);
      delivery.lease = lease;
      delivery.attempts = row.attempts;
      delivery.httpStatus = row.http_status;
      delivery.sentTo = row.attempts > 0 ? row.destination : null;
      delivery.expiresAtMs = row.expires_at_ms;
      delivery.admittedAt = monotonic();
      window.take(delivery);
      this.#inHand.add(delivery);
      this.#perDestination.set(destination, (this.#perDestination.get(destination) ?? 0) + 1);
      if (this.#stopped) recorder.settle(delivery, { kind: 'wait', error: null, dueAtMs: now() });
      else lanes.enqueue(delivery);
    }
  }

  async #releaseQueues(): Promise<void> {
    for (const callbackId of this.#toRelease) {
      try {
        await releaseQueue(this.options.pool, callbackId);
      } catch (error) {
        this.#failed(error);
        return;
      }
      this.#toRelease.delete(callbackId);
      this.wake();
    }
  }

  #pause(): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = null;
      this.wake();
    }, MIN_PAUSE_MS);
  }

  #failed(error: unknown): void {
    if (!isDatabaseAway(error)) {
      this.options.onFatal(error);
      return;
    }
    // The next look, at the latest, tries again.
    this.#isAway = true;
    this.options.logger.debug({ error }, 'parked deliveries wait for PostgreSQL');
  }
}

function eventOf(bytes: Buffer | undefined): DeliveryEvent | null {
  if (bytes === undefined) return null;
  const decoded = decodeConversionEvent(bytes);
  return decoded.ok ? { event: decoded.event, recordedAtMs: Date.parse(decoded.event.time), bytes } : null;
}
