import { setTimeout as delay } from 'node:timers/promises';
import type { EachBatchPayload } from 'kafkajs';
import { Backoff } from './backoff.js';
import { Bell } from './bell.js';
import { type ConsumerHealth, partitionHealth } from './consumer-health.js';
import { EventStreamError } from './event-stream-error.js';
import { GroupSession } from './group-session.js';
import type { HeldLease } from './held-lease.js';
import { isKafkaAway } from './kafka-away.js';
import { LagOffsets } from './lag-offsets.js';
import { LeaseKeeper } from './lease-keeper.js';
import type { LeasedConsumerOptions } from './leased-consumer-options.js';
import type { IncomingMessage } from './partition-worker.js';
import { readingPosition } from './reading-position.js';
import { stickyAssigner } from './sticky-assigner.js';
import { TopicBounds } from './topic-bounds.js';

/** How often what follows from time alone is looked at (leases that ran out, a group that is silent), in ms. */
const LOOK_EVERY_MS = 250;
/** A fetch loop that has not turned for this long is looked into, in ms. */
const PROBE_AFTER_MS = 5_000;
/** One that stands still for this long while Kafka answers is given up, in session timeouts. Joining a group takes up to two. */
const STALLED_AFTER = 4;
/** The group answers a heartbeat every second; silent for this long, it counts as away (joining anew takes as long at times). */
const SILENT_AFTER_MS = 3_000;
const KAFKA_RETRY_MS = { firstMs: 100, maxMs: 1_000 };
const STOP_TIMEOUT_MS = 10_000;

/**
 * Reads a topic as a member of a consumer group, and works a partition only while this process holds its lease in `intake_progress`.
 * The group says who should work a partition; the row in PostgreSQL says who may, and from where. So a rebalance, a reset of the group or
 * a lost commit repeats and loses nothing: the next owner waits until the last one has let go or run out, and begins at `next_offset`.
 *
 * - Assigned: the row is acquired (50 ms poll), the position compared with what the topic holds, then `acquired`, seek, `admit`.
 * - No longer assigned: closed, `drain`, release. The same for all when the group has been silent for a session timeout, since it has
 *   given our partitions to others by then; they are acquired again when it answers.
 * - Kafka away: tried again for ever under the same membership; leases are kept for a session timeout, then drained and released, and
 *   acquired again when the group answers.
 * - PostgreSQL away: leases run out on the own clock, nothing is admitted, `isLive` is false. When it is back and the row is still ours,
 *   all goes on where it was; when it is another's, `lost`.
 * - Fatal (`onFatal`): a throwing `admit`, a topic that ends below `next_offset`, a crash of kafkajs that is not Kafka being away.
 *
 * Kafka's committed offsets follow the recorded progress with every renewal, for lag tools; nothing here reads them.
 */
export class LeasedConsumer {
  readonly #options: LeasedConsumerOptions;
  readonly #sessionTimeoutMs: number;
  readonly #now: () => number;
  readonly #keeper: LeaseKeeper;
  readonly #bounds: TopicBounds;
  readonly #bell = new Bell();
  readonly #lettingGo = new Set<Promise<void>>();
  readonly #lagOffsets: LagOffsets;
  /** By partition, as of the last renewal of its lease. */
  readonly #recorded = new Map<number, number>();
  #session: GroupSession | null = null;
  #joined: ReadonlySet<number> = new Set();
  #groupAnsweredAtMs = -Infinity;
  #tickedAtMs: number;
  #isProbing = false;
  #isStopping = false;
  #failure: Error | null = null;
  #sessions: Promise<void> | null = null;
  #looking: NodeJS.Timeout | null = null;

  constructor(options: LeasedConsumerOptions) {
    const { sessionTimeoutMs = 10_000, monotonicMs = () => performance.now() } = options;
    this.#options = options;
    this.#sessionTimeoutMs = sessionTimeoutMs;
    this.#now = monotonicMs;
    this.#tickedAtMs = this.#now();
    this.#bounds = new TopicBounds(options.stream, options.topic);
    this.#lagOffsets = new LagOffsets(options.logger);
    this.#keeper = new LeaseKeeper({
      pool: options.pool,
      schema: options.schema,
      topic: options.topic,
      instanceId: options.instanceId,
      leaseMs: sessionTimeoutMs,
      logger: options.logger,
      monotonicMs,
      onAcquired: (lease) => void this.#position(lease),
      onLost: (lease) => this.#lost(lease),
      onRecorded: (rows) => {
        for (const { partition, nextOffset } of rows) this.#recorded.set(partition, nextOffset);
        this.#lagOffsets.follow(rows, this.#session);
      },
      onReadingChanged: () => this.#open(),
    });
  }

  /** Returns at once. Kafka and PostgreSQL being away is waited for, for ever: `health` says so. */
  async start(): Promise<void> {
    if (this.#sessions !== null) return;
    this.#keeper.start();
    this.#looking = setInterval(() => this.#look(), LOOK_EVERY_MS);
    this.#sessions = this.#keepMembership();
  }

  /** Closes all partitions, drains and releases them, leaves the group. Takes at most about 15 s; never rejects. */
  async stop(): Promise<void> {
    this.#isStopping = true;
    this.#reconcile();
    const { topic, logger } = this.#options;
    const drained = Promise.all(this.#lettingGo).then(() => true);
    const timeout = Promise.withResolvers<boolean>();
    const timer = setTimeout(() => timeout.resolve(false), STOP_TIMEOUT_MS);
    if (!(await Promise.race([drained, timeout.promise])))
      logger.error({ topic }, 'stopped before all was drained: the leases will run out');
    clearTimeout(timer);
    this.#bell.ring();
    await this.#session?.close();
    await this.#sessions;
    if (this.#looking !== null) clearInterval(this.#looking);
    await this.#keeper.stop();
    this.#bounds.close();
  }

  health(): ConsumerHealth {
    const leases = this.#keeper.held;
    const partitions = [...new Set([...this.#assigned(), ...leases.keys()])].sort((a, b) => a - b);
    return {
      sinceTickMs: this.#now() - this.#tickedAtMs,
      waitingFor: this.#now() - this.#groupAnsweredAtMs > SILENT_AFTER_MS ? 'kafka' : this.#keeper.isAway ? 'postgresql' : null,
      partitions: partitions.map((partition) => partitionHealth(partition, leases.get(partition))),
    };
  }

  /**
   * Asks Kafka how far the recording of the partitions that are held here is behind.
   * @returns messages, by partition @throws when Kafka does not answer
   */
  async lag(): Promise<ReadonlyMap<number, number>> {
    if (this.#isStopping) return new Map();
    const bounds = await this.#bounds.read();
    return new Map(
      [...this.#keeper.held.values()].map(({ partition, recordedOffset }) => {
        const { low, high } = bounds.get(partition) ?? { low: 0, high: 0 };
        return [partition, Math.max(0, high - Math.max(low, this.#recorded.get(partition) ?? 0, recordedOffset))];
      }),
    );
  }

  async #keepMembership(): Promise<void> {
    const { stream, groupId, topic, logger } = this.#options;
    const backoff = new Backoff(KAFKA_RETRY_MS);
    // Tells only what is really worked: what is being drained should not come back.
    const owned = () => [...this.#keeper.held.values()].filter((lease) => !lease.isLeaving).map((lease) => lease.partition);
    let formerMemberId: string | null = null;
    while (!this.#isStopping && this.#failure === null) {
      this.#tickedAtMs = this.#now();
      const session: GroupSession = new GroupSession({
        stream,
        groupId,
        topic,
        sessionTimeoutMs: this.#sessionTimeoutMs,
        assigner: stickyAssigner(topic, owned),
        formerMemberId,
        onJoined: (partitions) => {
          backoff.succeeded();
          this.#onJoined(partitions);
        },
        onHeartbeat: () => this.#groupAnswered(),
        onTick: () => (this.#tickedAtMs = this.#now()),
        onBatch: (payload) => this.#take(payload),
        onPassedOver: (partition, nextOffset) => {
          const lease = this.#keeper.held.get(partition);
          if (lease?.isPositioned && lease.nextOffset < nextOffset) lease.nextOffset = nextOffset;
        },
      });
      this.#session = session;
      const reason = await session.run();
      this.#session = null;
      formerMemberId = session.memberId ?? formerMemberId;
      if (this.#isStopping) return;
      if (!isKafkaAway(reason))
        return this.#fail(new EventStreamError('CONSUMER_CRASHED', `the consumer of ${topic} crashed`, { cause: reason }));
      const pauseMs = backoff.failed();
      logger.warn({ topic, groupId, err: reason, pauseMs }, 'not in the consumer group: joining again');
      await this.#bell.wait(pauseMs);
    }
  }

  #onJoined(partitions: ReadonlySet<number>): void {
    const { topic, groupId, logger } = this.#options;
    logger.info({ topic, groupId, partitions: [...partitions] }, 'joined the consumer group');
    this.#joined = partitions;
    this.#tickedAtMs = this.#now();
    // kafkajs goes back to the committed offset with every join.
    for (const lease of this.#keeper.held.values()) if (lease.isPositioned) this.#session?.seek(lease.partition, lease.nextOffset);
    this.#groupAnswered();
  }

  #groupAnswered(): void {
    this.#groupAnsweredAtMs = this.#now();
    this.#reconcile();
  }

  /** What the group wants worked here: nothing once it has been silent for so long that it has given it to others. */
  #assigned(): ReadonlySet<number> {
    const isMember = this.#now() - this.#groupAnsweredAtMs < this.#sessionTimeoutMs;
    return isMember && !this.#isStopping && this.#failure === null ? this.#joined : new Set();
  }

  #look(): void {
    this.#reconcile();
    const session = this.#session;
    if (session === null || this.#isProbing || this.#stalledMs() < PROBE_AFTER_MS) return;
    this.#isProbing = true;
    void this.#probe(session).finally(() => (this.#isProbing = false));
  }

  #stalledMs(): number {
    return this.#now() - this.#tickedAtMs;
  }

  /** The fetch loop stands still: because kafkajs waits for Kafka (it does so for ever), or because it hangs though Kafka is there? */
  async #probe(session: GroupSession): Promise<void> {
    const { topic, logger } = this.#options;
    try {
      await this.#bounds.read();
    } catch (error) {
      logger.debug({ topic, err: error }, 'Kafka does not answer');
      this.#tickedAtMs = this.#now();
      return;
    }
    const stalledMs = this.#stalledMs();
    if (session !== this.#session || stalledMs < STALLED_AFTER * this.#sessionTimeoutMs) return;
    session.end(new EventStreamError('KAFKA_UNAVAILABLE', `the fetch loop has not turned for ${Math.round(stalledMs)} ms`));
  }

  /** Goes from what is held to what is assigned. Safe to call at any time. */
  #reconcile(): void {
    const assigned = this.#assigned();
    for (const lease of this.#keeper.held.values()) {
      if (assigned.has(lease.partition) || lease.isLeaving) continue;
      lease.isLeaving = true;
      const lettingGo = this.#letGo(lease).finally(() => this.#lettingGo.delete(lettingGo));
      this.#lettingGo.add(lettingGo);
    }
    this.#keeper.want(assigned);
    this.#open();
  }

  /** Reads exactly the partitions that may be admitted now. */
  #open(): void {
    const open = this.#failure === null ? [...this.#keeper.held.values()].filter((lease) => lease.isOpen) : [];
    this.#session?.read(new Set(open.map((lease) => lease.partition)));
  }

  async #letGo(lease: HeldLease): Promise<void> {
    const { worker } = this.#options;
    try {
      await lease.admission;
      if (lease.isAnnounced && !lease.isEnded) await worker.drain(lease);
    } catch (cause) {
      this.#fail(new EventStreamError('WORKER_FAILED', `draining partition ${lease.partition} of ${lease.topic} failed`, { cause }));
    }
    if (!lease.isEnded) await this.#keeper.release(lease);
  }

  #lost(lease: HeldLease): void {
    this.#open();
    if (!lease.isAnnounced) return;
    try {
      this.#options.worker.lost(lease);
    } catch (cause) {
      this.#fail(new EventStreamError('WORKER_FAILED', `giving up partition ${lease.partition} of ${lease.topic} failed`, { cause }));
    }
  }

  /** Finds where to read a partition from, and opens it. Waits while Kafka is away. */
  async #position(lease: HeldLease): Promise<void> {
    const { worker, topic, logger } = this.#options;
    lease.isPositioned = false;
    this.#open();
    const backoff = new Backoff(KAFKA_RETRY_MS);
    const isNeeded = () => !lease.isEnded && !lease.isLeaving && this.#failure === null;
    while (isNeeded()) {
      const bounds = await this.#bounds.read().catch((error: unknown) => {
        logger.debug({ topic, err: error }, 'no answer to the question for offsets');
        return null;
      });
      if (!isNeeded()) return;
      const bound = bounds?.get(lease.partition);
      if (bound === undefined) {
        await delay(backoff.failed());
        continue;
      }
      const { partition } = lease;
      const position = readingPosition(lease.nextOffset, bound);
      if (position.kind === 'begunAnew') return this.#fail(begunAnew(lease, position.ends));
      if (position.kind === 'deleted') {
        const { begins, lost, isFirst } = position;
        const fields = { topic, partition, nextOffset: lease.nextOffset, begins, lost };
        if (isFirst) logger.warn(fields, 'nothing of the partition was recorded yet, and it begins above 0: starting there');
        else logger.error(fields, 'messages were deleted by retention before they were read: going on from the beginning of what is left');
        lease.nextOffset = begins;
      }
      lease.isPositioned = true;
      if (!lease.isAnnounced) {
        lease.startOffset = lease.nextOffset;
        lease.isAnnounced = true;
        try {
          worker.acquired(lease);
        } catch (cause) {
          return this.#fail(new EventStreamError('WORKER_FAILED', `taking partition ${partition} of ${topic} failed`, { cause }));
        }
      }
      this.#session?.seek(partition, lease.nextOffset);
      this.#open();
      return;
    }
  }

  /** Hands a batch over. Everything that kafkajs or the lease must know of it is done before the worker is called: never resolve late. */
  async #take({ batch, resolveOffset, isStale }: EachBatchPayload): Promise<void> {
    const { partition } = batch;
    const lease = this.#keeper.held.get(partition);
    // Not resolved, so read again when it may be admitted.
    if (lease === undefined || !lease.isOpen || isStale() || !this.#joined.has(partition) || this.#failure !== null) return;
    // Not where we asked to read: the offset was out of range. Missing in kafkajs' types.
    if (Number((batch as typeof batch & { fetchedOffset: string }).fetchedOffset) !== lease.nextOffset) {
      void this.#position(lease);
      return;
    }
    const messages: IncomingMessage[] = batch.messages.map(({ offset, key, value, timestamp }) => ({
      offset: Number(offset),
      key,
      value,
      timestampMs: Number(timestamp),
    }));
    const last = batch.messages.at(-1)!;
    resolveOffset(last.offset);
    lease.nextOffset = Number(batch.lastOffset()) + 1;
    lease.admission = this.#admit(lease, messages);
    await lease.admission;
  }

  async #admit(lease: HeldLease, messages: readonly IncomingMessage[]): Promise<void> {
    try {
      await this.#options.worker.admit(lease, messages);
    } catch (cause) {
      const where = `partition ${lease.partition} of ${lease.topic} at offset ${messages[0]?.offset}`;
      this.#fail(new EventStreamError('WORKER_FAILED', `a handler failed for ${where}`, { cause }));
    }
  }

  #fail(error: EventStreamError): void {
    if (this.#failure !== null) return;
    this.#failure = error;
    this.#options.logger.error({ topic: this.#options.topic, err: error }, 'the consumer can not go on');
    this.#open();
    this.#options.onFatal(error);
  }
}

function begunAnew({ topic, partition, nextOffset }: HeldLease, high: number): EventStreamError {
  return new EventStreamError(
    'TOPIC_BEGUN_ANEW',
    `partition ${partition} of ${topic} ends at offset ${high}, but it was recorded up to ${nextOffset}: the topic was recreated or cut off. ` +
      'If that was meant, delete its rows from intake_progress and start again',
  );
}
