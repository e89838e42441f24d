import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { MAX_MESSAGE_BYTES } from '@ringback/contracts';
import type pg from 'pg';
import { Backoff } from './backoff.js';
import { Bell } from './bell.js';
import type { StreamHealth } from './consumer-health.js';
import { EventStreamError, kafkaErrorType } from './event-stream-error.js';
import type { EventStreamLogger } from './kafka-log.js';
import { OutboxLease, RELEASED } from './outbox-lease.js';
import { outboxNames } from './outbox-names.js';
import { OutboxNotifications } from './outbox-notifications.js';
import {
  countWaiting,
  forget,
  forgetAndTake,
  type OutboxAccess,
  setAside,
  stillThere,
  type WaitingRow,
  type WaitingRows,
} from './outbox-rows.js';
import { PublicationWaiters } from './publication-waiters.js';
import type { OutgoingRecord, Publisher } from './publisher.js';

export interface OutboxRelayOptions {
  /** Its `connectionTimeoutMillis` must be set, and its `error` events handled. The relay uses up to three connections at a time, and one of its own to listen. */
  pool: pg.Pool;
  schema: string;
  publisher: Pick<Publisher, 'send'>;
  logger: EventStreamLogger;
  instanceId: string;
  /** Rows waiting above which {@link OutboxRelay.isFull} says so. */
  maxRows: number;
  /** Monotonic ms; default `performance.now`. */
  now?: () => number;
  /** For how long the lease is taken, in ms. Default 8,000; renewed after less than a third of it. */
  leaseMs?: number;
}

const MAX_ROWS_A_SEND = 500;
/** An idle relay asks every 2.4 s: with the other statements of a service that is less than one a second. */
const LEASE_MS = 8_000;
/** CloudEvents' Kafka binding, structured mode: https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/bindings/kafka-protocol-binding.md#33-structured-content-mode */
const HEADERS = { 'content-type': 'application/cloudevents+json; charset=UTF-8' };

const NOTHING: WaitingRows = { count: 0, oldestMs: 0 };

/**
 * Publishes a service's outbox. Of all relays on one outbox only the holder of its lease publishes; the others stand by. Rows of one key
 * first appear in the topic in the order of their ids; any row may appear again later (after an error, a crash, a process stopped in
 * mid-send). Whatever is away, PostgreSQL or Kafka, it waits and goes on by itself; nothing here throws at its owner.
 */
export class OutboxRelay {
  readonly #access: OutboxAccess;
  readonly #publisher: Pick<Publisher, 'send'>;
  readonly #logger: EventStreamLogger;
  readonly #maxRows: number;
  readonly #lookEveryMs: number;
  readonly #lease: OutboxLease;
  readonly #notifications: OutboxNotifications;
  readonly #waiters: PublicationWaiters;
  readonly #rowsBell = new Bell();
  readonly #leaseBell = new Bell();
  readonly #stop = new AbortController();
  readonly #backoff = new Backoff({ firstMs: 100, maxMs: 1_000 });
  #loops: Promise<unknown> = Promise.resolve();
  /** Published by this process and not yet deleted. At most one send. */
  #published: readonly number[] = [];
  #rowsASend = MAX_ROWS_A_SEND;
  #waiting: WaitingRows = NOTHING;
  #hasLooked = false;
  #trouble: 'Kafka' | 'PostgreSQL' | null = null;
  /** Rows that this relay published since the start. */
  publishedCount = 0;
  /** Rows that Kafka will never take, and that this relay set aside since the start. */
  setAsideCount = 0;

  constructor({
    pool,
    schema,
    publisher,
    logger,
    instanceId,
    maxRows,
    now = () => performance.now(),
    leaseMs = LEASE_MS,
  }: OutboxRelayOptions) {
    // A name that cannot stand in SQL is the caller's mistake, to be seen now.
    outboxNames(schema);
    const queryTimeoutMs = leaseMs;
    this.#access = { pool, schema, queryTimeoutMs };
    this.#publisher = publisher;
    this.#logger = logger;
    this.#maxRows = maxRows;
    this.#lookEveryMs = Math.floor(leaseMs * 0.3);
    this.#lease = new OutboxLease({ ...this.#access, holder: `${instanceId}/${randomUUID()}`, leaseMs, now });
    this.#notifications = new OutboxNotifications({ ...this.#access, logger, onNotified: (payload) => this.#notified(payload) });
    this.#waiters = new PublicationWaiters({ stillThere: (ids) => stillThere(this.#access, ids), logger, now });
  }

  start(): void {
    this.#notifications.start();
    this.#loops = Promise.all([this.#keepLease(), this.#publish()]);
  }

  /** Call after the commit of a transaction that appended. Costs nothing when called often. */
  wake(): void {
    if (this.#lease.isLive()) this.#rowsBell.ring();
    else this.#notifications.notify();
  }

  /**
   * @param id of a row whose transaction has been committed
   * @returns true as soon as Kafka has acknowledged it (or no such row exists); false after `timeoutMs`, when the row was set aside, or
   *   when the relay stops
   */
  waitUntilPublished(id: number, timeoutMs: number): Promise<boolean> {
    return this.#waiters.wait(id, timeoutMs);
  }

  /** Whether more than `maxRows` rows wait, as of the last look (≤ 1.5 s ago while PostgreSQL answers). */
  isFull(): boolean {
    return this.#waiting.count > this.#maxRows;
  }

  /** What waits to be published, as of the last look: counted up to one more than `maxRows`, whoever holds the lease. */
  get waiting(): WaitingRows {
    return this.#waiting;
  }

  /** Whether this relay is the one that publishes. */
  get isPublishing(): boolean {
    return this.#lease.isLive();
  }

  /** @returns what it waits for, if anything: it never fails for good. */
  health(): StreamHealth {
    const away = this.#hasLooked ? this.#trouble : 'PostgreSQL';
    if (away === null) return { ok: true };
    return { ok: true, detail: `waits for ${away}`, waitsFor: away === 'Kafka' ? 'kafka' : 'postgresql' };
  }

  /** Finishes the send in flight, lets the lease go and ends; rows that are left wait for another relay. */
  async stop(): Promise<void> {
    this.#stop.abort();
    this.#rowsBell.ring();
    this.#leaseBell.ring();
    await this.#loops;
    await Promise.all([this.#notifications.stop(), this.#waiters.close()]);
    try {
      await forget(this.#access, this.#published);
      await this.#lease.release();
    } catch (error) {
      this.#logger.warn({ err: error }, 'outbox: the lease could not be released; it runs out by itself');
    }
  }

  /** After a new connection either may have been missed; the look at the lease finds rows, too. */
  #notified(payload: string | null): void {
    if (payload === RELEASED || payload === null) this.#leaseBell.ring();
    else if (this.#lease.isLive()) this.#rowsBell.ring();
  }

  /** Renews or takes the lease for ever, and looks whether rows wait that nobody told of. */
  async #keepLease(): Promise<void> {
    while (!this.#stop.signal.aborted) {
      let pauseMs = this.#lookEveryMs;
      try {
        const { fence } = this.#lease;
        const { isHeld, othersForMs, hasRows } = await this.#lease.renewOrTake();
        if (isHeld && fence !== this.#lease.fence) this.#logger.info({ fence: this.#lease.fence }, 'outbox: this relay publishes now');
        if (!isHeld && fence !== null) this.#lost(fence);
        if (isHeld && hasRows) this.#rowsBell.ring();
        if (!isHeld) pauseMs = Math.min(pauseMs, othersForMs + 20);
        if (this.#trouble === 'PostgreSQL') this.#wentWell();
        this.#counted(hasRows ? await countWaiting(this.#access, this.#maxRows + 1) : NOTHING);
        this.#hasLooked = true;
      } catch (error) {
        this.#inTrouble('PostgreSQL', error);
      }
      await this.#leaseBell.wait(pauseMs);
    }
  }

  #counted(waiting: WaitingRows): void {
    const wasFull = this.isFull();
    this.#waiting = waiting;
    if (this.isFull() && !wasFull) this.#logger.error({ maxRows: this.#maxRows }, 'outbox: more rows than that wait for Kafka');
  }

  async #publish(): Promise<void> {
    const { signal } = this.#stop;
    while (!signal.aborted) {
      try {
        if (await this.#publishSome()) continue;
        // Rung by writers, by notifications and by every look that finds rows.
        await this.#rowsBell.wait(60_000);
      } catch (error) {
        this.#inTrouble(error instanceof EventStreamError ? 'Kafka' : 'PostgreSQL', error);
        await pause(this.#backoff.failed(), undefined, { signal }).catch(() => undefined);
      }
    }
  }

  /** One read and one send. @returns whether there may be more. */
  async #publishSome(): Promise<boolean> {
    const { fence, holder } = this.#lease;
    if (fence === null || !this.#lease.isLive()) return false;
    const published = this.#published;
    const rows = await forgetAndTake(this.#access, { holder, fence, published, maxRows: this.#rowsASend, maxBytes: MAX_MESSAGE_BYTES });
    this.#published = [];
    if (rows === 'lost') {
      if (fence === this.#lease.fence) this.#lost(fence);
      return false;
    }
    // The read may have taken long; from here to the send nothing is awaited.
    if (rows.length === 0 || !this.#lease.isLive()) return false;
    try {
      await this.#publisher.send(rows.map(toRecord));
    } catch (error) {
      if (!(error instanceof EventStreamError) || error.code !== 'RECORDS_REFUSED') throw error;
      await this.#refused(rows, { holder, fence }, error);
      return true;
    }
    const ids = rows.map(({ id }) => id);
    this.#published = ids;
    this.publishedCount += ids.length;
    this.#waiters.published(ids);
    this.#rowsASend = Math.min(MAX_ROWS_A_SEND, this.#rowsASend * 2);
    this.#wentWell();
    return true;
  }

  /** Some row of these will never be taken: halves what is sent until the first row alone is refused, and puts that one aside. */
  async #refused(rows: readonly WaitingRow[], lease: { holder: string; fence: number }, error: EventStreamError): Promise<void> {
    const [first] = rows;
    if (first === undefined || rows.length > 1) {
      this.#rowsASend = Math.ceil(rows.length / 2);
      return;
    }
    const reason = kafkaErrorType(error) ?? error.message;
    await setAside(this.#access, { ...lease, id: first.id, reason });
    this.setAsideCount++;
    this.#waiters.setAside(first.id);
    this.#logger.error(
      { outboxId: first.id, topic: first.topic, key: first.key, bytes: first.value?.length ?? 0, reason },
      'outbox: Kafka will never take this row; it was set aside, and what follows it goes on',
    );
    this.#rowsASend = MAX_ROWS_A_SEND;
  }

  #lost(fence: number): void {
    this.#lease.lost();
    this.#logger.warn({ fence }, 'outbox: the lease ran out, and another relay publishes now');
  }

  #inTrouble(who: 'Kafka' | 'PostgreSQL', error: unknown): void {
    if (this.#stop.signal.aborted || this.#trouble === who) return;
    this.#trouble = who;
    this.#logger.warn({ err: error }, `outbox: ${who} does not do as asked; rows wait until it does`);
  }

  #wentWell(): void {
    this.#backoff.succeeded();
    if (this.#trouble === null) return;
    this.#logger.info({}, `outbox: ${this.#trouble} does as asked again`);
    this.#trouble = null;
  }
}

function toRecord({ topic, key, value }: WaitingRow): OutgoingRecord {
  return value === null ? { topic, key, value } : { topic, key, value, headers: HEADERS };
}
