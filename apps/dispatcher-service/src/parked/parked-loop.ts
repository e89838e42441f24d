import { randomUUID } from 'node:crypto';
import type pg from 'pg';
import { decodeConversionEvent } from '@ringback/contracts';
import { inTransaction, isDatabaseAway, type Logger } from '@ringback/service-runtime';
import type { CallbackIndex } from '../callback-index/callback-index.js';
import type { Probe } from '../delivery/breakers.js';
import { Delivery, type DeliveryEvent, type ParkedLease } from '../delivery/delivery.js';
import type { Window } from '../intake/window.js';
import type { Recorder } from '../recording/recorder.js';
import { claimDue, claimExpired, claimProbe, type Claim, type DueQueue } from './claim-due.js';
import { FairShare, type FairShareOptions } from './fair-share.js';
import { InHand } from './in-hand.js';
import { nextDueAt, refreshQueue } from './queues.js';

/** Callbacks served by one claim. */
const MAX_QUEUES = 100;
/** Probes sent before the others get their turn. */
const MAX_PROBES = 10;
/** How often leases that ran out, and what other processes know, are looked at, in ms: 0.4 statements a second when idle. */
const LOOK_EVERY_MS = 2_500;
/** A disabled callback's queue is looked at again after this time, in ms; enabling it is noticed at once. */
const HOLD_MS = 60_000;
/** Between two claims when the first found only what others have locked, or when room comes free bit by bit, in ms. */
const MIN_PAUSE_MS = 20;
/** Between two claims while only limits of rate keep something back, in ms. */
const RATE_PAUSE_MS = 50;
const MAX_EXPIRED_ROWS = 500;
/** What a lease has beside the time of the requests, in ms: more than the margin for recording. */
const LEASE_SPARE_MS = 7_000;

export interface ParkedLoopOptions extends FairShareOptions {
  readonly pool: pg.Pool;
  readonly window: Window;
  readonly recorder: Recorder;
  /** A probe that will not be sent: another may be. */
  readonly releaseProbe: (probe: Probe) => void;
  /** Asks PostgreSQL what the deployment knows, and takes it in. */
  readonly look: (mayFree: boolean) => Promise<{ readonly freed: number; readonly nextDueAtMs: number | null }>;
  /** Most parked deliveries in hand. */
  readonly maxInHand: number;
  /** For how long a claim holds at most; longer than the longest request and its recording, in ms. */
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
  readonly #inHand: InHand;
  readonly #share: FairShare;
  #claiming: Promise<void> | null = null;
  #again = false;
  #timer: NodeJS.Timeout | null = null;
  #dueTimer: NodeJS.Timeout | null = null;
  #nextDueAtMs = Infinity;
  #lookTimer: NodeJS.Timeout | null = null;
  #stopped = false;
  #isAway = false;
  #isLooking = false;
  #lookAgain = false;
  /** When PostgreSQL last answered a look. Monotonic. */
  #lookedAt = -Infinity;
  /** Rows may have been left unclaimed for want of room. */
  #hungry = false;
  /** The queues that are to be refreshed, and were not yet, since PostgreSQL was away. */
  readonly #toRefresh = new Set<number>();
  /** Claimed since the start. */
  claimed = 0;

  constructor(private readonly options: ParkedLoopOptions) {
    this.#inHand = new InHand(options.maxInHand, (destination) => 2 * options.lanes.capOf(destination));
    this.#share = new FairShare(options, this.#inHand);
  }

  get waitingFor(): 'postgresql' | null {
    return this.#isAway ? 'postgresql' : null;
  }

  get inHand(): number {
    return this.#inHand.size;
  }

  /** Resolves after the first look. */
  start(): Promise<void> {
    this.#lookTimer = setInterval(() => void this.look(), LOOK_EVERY_MS);
    return this.look();
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
      if (delivery.probe !== null) this.options.releaseProbe(delivery.probe);
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
    // Not at once: what ends within a moment is made up for by one claim.
    if (this.#inHand.delete(delivery) && this.#hungry) this.#pause(MIN_PAUSE_MS);
  }

  /** A callback was changed: enabled, perhaps, or moved to another destination. */
  refresh(callbackId: number): void {
    this.#toRefresh.add(callbackId);
    void this.#refreshQueues();
  }

  /** Sees what the others know, frees what dead processes held, and when something is due. */
  async look(): Promise<void> {
    if (this.#stopped) return;
    // What was asked for while a look is under way may have changed after it began: it is followed by another.
    this.#lookAgain = this.#isLooking;
    if (this.#isLooking) return;
    this.#isLooking = true;
    try {
      // After an outage, whoever is alive first writes what came of requests whose leases ran out meanwhile: freed, they would be repeated.
      const isSteady = this.options.monotonic() - this.#lookedAt < 2 * LOOK_EVERY_MS;
      const { freed, nextDueAtMs } = await this.options.look(isSteady);
      this.#lookedAt = this.options.monotonic();
      this.#isAway = false;
      if (freed > 0) this.options.logger.info({ freed }, 'took over parked deliveries whose leases ran out');
      if (freed > 0) this.wake();
      else if (nextDueAtMs !== null) this.dueAt(nextDueAtMs);
      await this.#refreshQueues();
    } catch (error) {
      this.#failed(error);
    } finally {
      this.#isLooking = false;
    }
    if (this.#lookAgain && !this.#isAway) await this.look();
  }

  /** Ends some of what waited for longer than it is kept. @returns whether there may be more. */
  async expire(): Promise<boolean> {
    const lease = this.#newLease();
    const claim = await inTransaction(this.options.pool, (client) =>
      claimExpired(client, { ...this.#leaseTerms(lease), maxRows: MAX_EXPIRED_ROWS }),
    );
    this.#admit(claim, lease, null);
    return claim.rows.length === MAX_EXPIRED_ROWS;
  }

  async #claimAll(): Promise<void> {
    while (this.#again && !this.#stopped) {
      this.#again = false;
      await this.#claimProbes();
      this.#hungry = this.#inHand.room <= 0;
      if (this.#hungry) return;
      const { claim, lease } = await this.#claim();
      this.#isAway = false;
      this.#admit(claim, lease, null);
      if (claim.rows.length > 0) this.#again = true;
      else if (claim.queues.length > 0) this.#pause(MIN_PAUSE_MS);
      else await this.#awaitNextDue();
    }
  }

  /** All that is due is claimed: sleeps until the next is, not until the next look. */
  async #awaitNextDue(): Promise<void> {
    const dueAtMs = await nextDueAt(this.options.pool, this.options.now());
    if (dueAtMs !== null) this.dueAt(dueAtMs);
  }

  async #claim(): Promise<{ claim: Claim; lease: ParkedLease }> {
    const { index, leaseMs: longestMs } = this.options;
    const token = randomUUID();
    const askedAt = this.options.monotonic();
    let leaseMs = longestMs;
    const excluded = this.#share.exclude();
    this.#hungry = excluded.lacksRoom;
    if (excluded.lacksRate) this.#pause(RATE_PAUSE_MS);
    const claim = await inTransaction(this.options.pool, (client) =>
      claimDue(client, {
        nowMs: this.options.now(),
        token,
        // Time for a request before it in its lane, its own, and the recording; what dies meanwhile is taken up the sooner.
        leaseMsFor: (queues) => (leaseMs = Math.min(longestMs, 2 * longestTimeoutMs(index, queues) + LEASE_SPARE_MS)),
        ...excluded,
        maxQueues: MAX_QUEUES,
        share: (queues) => this.#share.of(queues),
        holdUntilMs: this.options.now() + HOLD_MS,
      }),
    );
    return { claim, lease: { token, endsAt: askedAt + leaseMs } };
  }

  /** One delivery for each open breaker whose time is over. */
  async #claimProbes(): Promise<void> {
    const { holds, pool, now, index } = this.options;
    const nowMs = now();
    const due: Probe[] = [];
    for (const { scope, key, openUntilMs } of holds.breakers())
      if (openUntilMs <= nowMs && due.length < MAX_PROBES) due.push({ scope, key });
    for (const probe of due) {
      if (this.#stopped) return;
      const lease = this.#newLease();
      const options = {
        ...this.#leaseTerms(lease),
        isDisabled: (callbackId: number) => index.today(callbackId).kind === 'disabled',
        holdUntilMs: nowMs + HOLD_MS,
      };
      const claim = await inTransaction(pool, (client) => claimProbe(client, probe, options));
      const breaker = holds.breaker(probe.scope, probe.key);
      if (claim.rows.length === 0 && claim.queues.length > 0) this.#pause(MIN_PAUSE_MS);
      // Whether it was taken here, by another, or there is nothing to probe it with: not again before the next look.
      else if (breaker !== undefined)
        holds.setBreaker({ ...breaker, openUntilMs: now() + (claim.rows.length > 0 ? this.options.leaseMs : LOOK_EVERY_MS) });
      this.#admit(claim, lease, probe);
    }
  }

  #newLease(): ParkedLease {
    return { token: randomUUID(), endsAt: this.options.monotonic() + this.options.leaseMs };
  }

  #leaseTerms({ token }: ParkedLease): { nowMs: number; token: string; leaseMs: number } {
    return { nowMs: this.options.now(), token, leaseMs: this.options.leaseMs };
  }

  #admit({ rows, events, queues }: Claim, lease: ParkedLease, probe: Probe | null): void {
    const { window, lanes, recorder, index, now, monotonic, holds, drains } = this.options;
    const queueOf = new Map(queues.map((queue) => [queue.callbackId, queue]));
    for (const { callbackId, draining } of queues) {
      if (draining) holds.draining.add(callbackId);
      else holds.draining.delete(callbackId);
    }
    const decoded = new Map<string, DeliveryEvent | null>();
    for (const row of rows) {
      const queue = queueOf.get(row.callback_id);
      if (queue?.draining) drains.take(queue.destination, 1);
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
      // The callback was moved while nobody was there to see it.
      if (queue !== undefined && queue.destination !== destination) this.#toRefresh.add(row.callback_id);
      const delivery = new Delivery(row.id, row.callback_id, event, destination);
      delivery.lease = lease;
      delivery.probe = probe;
      delivery.isOrdered = row.ordered;
      if (row.redelivery_id !== null) delivery.redelivery = { id: row.redelivery_id, of: row.redelivery_of };
      delivery.attempts = row.attempts;
      delivery.httpStatus = row.http_status;
      delivery.sentTo = row.attempts > 0 ? row.destination : null;
      delivery.expiresAtMs = row.expires_at_ms;
      delivery.dueAtMs = row.due_at_ms;
      delivery.admittedAt = monotonic();
      window.take(delivery);
      this.#inHand.add(delivery);
      this.claimed++;
      if (this.#stopped) recorder.settle(delivery, { kind: 'wait', error: null, dueAtMs: now() });
      else lanes.enqueue(delivery);
    }
  }

  async #refreshQueues(): Promise<void> {
    for (const callbackId of this.#toRefresh) {
      const today = this.options.index.today(callbackId);
      try {
        await refreshQueue(this.options.pool, callbackId, today.kind === 'live' ? today.callback.destination : null);
      } catch (error) {
        this.#failed(error);
        return;
      }
      this.#toRefresh.delete(callbackId);
      this.wake();
    }
  }

  #pause(ms: number): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = null;
      this.wake();
    }, ms);
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
  return decoded.ok
    ? { event: decoded.event, recordedAtMs: Date.parse(decoded.event.time), bytes, traceparent: decoded.event.traceparent }
    : null;
}

function longestTimeoutMs(index: CallbackIndex, queues: readonly DueQueue[]): number {
  let longestMs = 0;
  for (const { callbackId } of queues) {
    const today = index.today(callbackId);
    if (today.kind === 'live') longestMs = Math.max(longestMs, today.callback.timeoutMs);
  }
  return longestMs;
}
