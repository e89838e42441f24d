import type pg from 'pg';
import { insertDeadLetters, TopicReader, type EventStream, type PartitionWorker, type TopicRecord } from '@ringback/event-stream';
import { isDatabaseAway, type Dependency, type JobWatch, type Logger, NO_TRACING, type Tracing } from '@ringback/service-runtime';
import { CallbackIndex } from './callback-index/callback-index.js';
import type { Delivery } from './delivery/delivery.js';
import type { HttpSenderOptions } from './delivery/http-sender.js';
import type { LaneLimits } from './delivery/lanes.js';
import { Sending } from './delivery/sending.js';
import { Erasures } from './erasure/erasures.js';
import { Deployment } from './deployment/deployment.js';
import { leave, look, type Look } from './deployment/look.js';
import { forgetOldBreakers } from './deployment/save-breaker.js';
import { findKnown } from './intake/find-known.js';
import { Intake } from './intake/intake.js';
import { Window, type WindowLimits } from './intake/window.js';
import { Drains } from './parked/drains.js';
import { keepLeases } from './parked/keep-leases.js';
import { ParkedLoop } from './parked/parked-loop.js';
import { forgetEmptyQueues } from './parked/queues.js';
import { BatchWriter } from './recording/batch-writer.js';
import { FailingCallbacks } from './recording/failing-callbacks.js';
import { forgetOldHealth } from './recording/record-health.js';
import { Recorder } from './recording/recorder.js';
import type { EventSource } from './redeliveries/event-source.js';
import { forgetOldRedeliveries } from './redeliveries/finish-redelivery.js';
import { RedeliveryLoop } from './redeliveries/redelivery-loop.js';
import { StoppedRedeliveries } from './redeliveries/stopped-redeliveries.js';
import { ProgressWatch, type ProgressSample } from './progress-watch.js';
import { OldDays } from './retention/old-days.js';
import { ensureDayPartitions } from './schema/day-partitions.js';

const CATCH_UP = { timeoutMs: 10_000, questionTimeoutMs: 2_000 };
/**
 * Fetched and not yet taken, per partition: half of what one fetch brings at most. What waits for longer than V8 takes to fill its young
 * generation twice grows old, and 64 MB of such buffers make it look through the whole heap: with 2 MB here an event that matched nothing
 * cost 28 µs beside a million callbacks, and 17 with this.
 */
const MAX_QUEUED_BYTES = 256 * 1024;
const HOUSEKEEPING_EVERY_MS = 60 * 60 * 1000;
const RETRY_MS = 500;
/** The longest request (30 s), its recording, and as much again. */
const STALLED_AFTER_MS = 60_000;

export interface DispatcherOptions {
  readonly pool: pg.Pool;
  readonly stream: EventStream;
  /** Full name of `offers.configurations`. */
  readonly configurationTopic: string;
  /** Full name of `callbacks.deliveries`. */
  readonly announcementTopic: string;
  /** Announcements wait in the outbox. */
  readonly onAnnounced: () => void;
  readonly masterKey: Buffer;
  /** The one before it, while it is being replaced. */
  readonly previousMasterKey?: Buffer | undefined;
  readonly instanceId: string;
  readonly logger: Logger;
  readonly userAgent: string;
  /** Where requests may go, and how long they may take to get there. */
  readonly sending: Pick<HttpSenderOptions, 'check' | 'connectTimeoutMs'>;
  readonly window: WindowLimits;
  readonly lanes: LaneLimits;
  readonly parkAfterMs: number;
  readonly parked: { readonly leaseMs: number; readonly maxInHand: number; readonly drainPerSecond: number };
  /** How long the log is kept, in days. */
  readonly retentionDays: number;
  /** What was recorded, to be sent again. */
  readonly events: Pick<EventSource, 'find'>;
  /** Default: nothing is traced. */
  readonly tracing?: Tracing;
  readonly onFatal: (error: unknown) => void;
  /** Told of each turn of `housekeeping` and of `retention`. */
  readonly jobs?: JobWatch | undefined;
  /** Due times, and how old an event is. */
  readonly now?: () => number;
  /** Leases and timeouts. */
  readonly monotonic?: () => number;
  readonly random?: () => number;
}

/** The pipeline, built once: intake → callback-index → delivery → recording, and parked beside it. */
export class Dispatcher {
  readonly index: CallbackIndex;
  readonly window: Window;
  readonly recorder: Recorder;
  readonly writer: BatchWriter;
  readonly parked: ParkedLoop;
  readonly sending: Sending;
  readonly deployment: Deployment;
  readonly failing = new FailingCallbacks();
  readonly erasures: Erasures;
  readonly #oldDays: OldDays;
  readonly redeliveries: RedeliveryLoop;
  readonly stoppedRedeliveries = new StoppedRedeliveries();
  readonly #drains: Drains;
  readonly intake: Intake;
  readonly #reader: TopicReader;
  readonly #watch: ProgressWatch;
  #overdue = 0;
  #oldestDueAtMs: number | null = null;
  #mayWait = true;
  #housekeeping: NodeJS.Timeout | null = null;
  #isReading = true;
  #stopped = false;

  constructor(private readonly options: DispatcherOptions) {
    const {
      pool,
      logger,
      tracing = NO_TRACING,
      onFatal,
      now = Date.now,
      monotonic = () => performance.now(),
      random = Math.random,
    } = options;
    const clocks = { now, monotonic };
    this.index = new CallbackIndex({
      masterKey: options.masterKey,
      previousMasterKey: options.previousMasterKey,
      isGivenUp: (callbackId, version) => this.failing.isDisabled(callbackId, version),
      onChanged: (callbackId) => this.#changed(callbackId),
    });
    this.#reader = new TopicReader({
      stream: options.stream,
      topic: options.configurationTopic,
      onRecord: (record) => this.#readRecord(record),
      onFatal,
      logger,
    });
    this.window = new Window(options.window);
    const members = () => this.deployment.members;
    this.sending = new Sending({
      index: this.index,
      limits: options.lanes,
      http: options.sending,
      userAgent: options.userAgent,
      members,
      share: (scope, key, breaker) => this.deployment.share(scope, key, breaker),
      onDue: (dueAtMs) => this.parked.dueAt(dueAtMs),
      settle: (delivery, outcome) => this.recorder.settle(delivery, outcome),
      drop: (delivery) => this.recorder.drop(delivery),
      isStopped: (redeliveryId) => this.stoppedRedeliveries.has(redeliveryId),
      tracing,
      logger,
      random,
      ...clocks,
    });
    const { holds, lanes, rates } = this.sending;
    this.deployment = new Deployment({
      pool,
      holds,
      logger,
      onFatal,
      onOpened: (breaker) => this.sending.opened(breaker),
      onClosed: (scope, key) => this.sending.breakers.closedElsewhere(scope, key),
      onSaved: (dueAtMs) => this.parked.dueAt(dueAtMs),
      ...clocks,
    });
    this.#drains = new Drains({ perSecond: options.parked.drainPerSecond, members, monotonic });
    this.writer = new BatchWriter({
      pool,
      logger,
      instanceId: options.instanceId,
      expiresAtMs: (delivery) => this.sending.attempts.expiresAtMs(delivery),
      ends: { failing: this.failing, topic: options.announcementTopic },
      onAnnounced: options.onAnnounced,
      ...clocks,
    });
    const { retentionDays } = options;
    this.erasures = new Erasures({ pool, retentionDays, logger, onFatal });
    this.#oldDays = new OldDays({ pool, retentionDays, logger });
    this.recorder = new Recorder({
      window: this.window,
      writer: this.writer,
      lanes,
      parkAfterMs: options.parkAfterMs,
      onRoom: () => this.intake.wake(),
      onParked: (dueAtMs) => this.parked.dueAt(dueAtMs),
      onDone: (delivery) => this.parked.letGo(delivery),
      onErasures: () => this.erasures.wake(),
      onFatal,
      ...clocks,
    });
    this.intake = new Intake({
      window: this.window,
      index: this.index,
      lanes,
      recorder: this.recorder,
      holdOf: (delivery) => this.#holdOf(delivery),
      findKnown: (ids, conversionIds) => findKnown(pool, ids, conversionIds),
      retentionDays,
      isDatabaseAway,
      catchUp: () => this.catchUp(),
      tracing,
      maxQueuedBytes: MAX_QUEUED_BYTES,
      briskWithinMs: options.parkAfterMs / 2,
      onFatal,
      ...clocks,
    });
    this.parked = new ParkedLoop({
      pool,
      index: this.index,
      window: this.window,
      lanes,
      recorder: this.recorder,
      holds,
      rates,
      drains: this.#drains,
      releaseProbe: (probe) => this.sending.breakers.release(probe),
      look: (mayFree) => this.#look(mayFree),
      maxInHand: options.parked.maxInHand,
      leaseMs: options.parked.leaseMs,
      logger,
      onFatal,
      ...clocks,
    });
    this.redeliveries = new RedeliveryLoop({
      pool,
      index: this.index,
      source: options.events,
      stopped: this.stoppedRedeliveries,
      instanceId: options.instanceId,
      retentionDays,
      onEnqueued: () => this.parked.wake(),
      logger,
      now,
    });
    this.#watch = new ProgressWatch({
      sample: () => this.#progress(),
      stalledAfterMs: STALLED_AFTER_MS,
      onStalled: (detail) => logger.error({ detail }, 'deliveries have stopped'),
      onFatal,
      monotonic,
    });
  }

  /** Work is due and none is done, in words; null while all is well. */
  get stall(): string | null {
    return this.#watch.stall;
  }

  /** What works the partitions of `conversions.events`. To be given messages only after {@link start}. */
  get worker(): PartitionWorker {
    return this.intake;
  }

  /** For how long the oldest delivery that may be sent has been due, in s, as of the last look at PostgreSQL; 0: none is. */
  oldestDueSeconds(): number {
    return this.#oldestDueAtMs === null ? 0 : Math.max(0, (this.options.now ?? Date.now)() - this.#oldestDueAtMs) / 1_000;
  }

  /** Whether something may be parked, or redelivered, as of the last look. */
  get mayWait(): boolean {
    return this.#mayWait;
  }

  /** Deliveries recorded since the start. */
  get recorded(): number {
    return Object.values(this.recorder.recordedCounts).reduce((sum, count) => sum + count, 0);
  }

  /** The configuration is not fully read yet. */
  get isReading(): boolean {
    return this.#isReading;
  }

  /** What something here waits for, if anything. */
  get waitingFor(): Dependency | null {
    if (this.#isReading) return 'kafka';
    return this.writer.waitingFor ?? this.intake.waitingFor ?? this.parked.waitingFor;
  }

  /** Reads all of the configuration that was acknowledged until now. @returns whether that is done; not while Kafka is away */
  async catchUp(): Promise<boolean> {
    return (await this.#reader.catchUp(CATCH_UP)) === 'fresh';
  }

  /**
   * Resolves when the configuration is fully read and the log has its partitions; waits for Kafka and PostgreSQL as long as it takes.
   * @throws {SealedSecretError} when the keyring was wrapped by another master key.
   */
  async start(): Promise<void> {
    await Promise.all([this.#reader.start(), this.#makePartitions()]);
    this.#isReading = false;
    this.#requireKeyring();
    if (this.#stopped) return;
    // What is held has to be known before anything is taken in.
    await this.parked.start();
    if (this.#stopped) return;
    this.#watch.start();
    this.erasures.start();
    for (const job of ['housekeeping', 'retention']) this.options.jobs?.expect(job);
    this.#housekeeping = setInterval(() => void this.#keepHouse(), HOUSEKEEPING_EVERY_MS);
    void this.#keepHouse();
  }

  /** Claims nothing parked any more: the first step of a stop, before the partitions are let go. */
  async stopClaiming(): Promise<void> {
    this.#stopped = true;
    this.#watch.stop();
    if (this.#housekeeping !== null) clearInterval(this.#housekeeping);
    this.#oldDays.stop();
    await this.redeliveries.stop();
    await Promise.all([this.parked.stop(), this.erasures.stop()]);
  }

  /** After the partitions were let go: waits until what is under way (all of it parked under leases) has ended and is recorded. */
  async stop(): Promise<void> {
    this.intake.stop();
    while (this.sending.lanes.inFlight > 0) await new Promise((resolve) => setTimeout(resolve, 10));
    await this.recorder.idle();
    this.recorder.stop();
    await this.deployment.save();
    try {
      await leave(this.options.pool, this.options.instanceId);
    } catch (error) {
      // The others notice in a few seconds.
      this.options.logger.debug({ error }, 'PostgreSQL was not told that this process stops');
    }
    await Promise.all([this.sending.close(), this.#reader.stop()]);
  }

  #readRecord(record: TopicRecord): void {
    const reason = this.index.apply(record);
    if (!this.#isReading) this.#requireKeyring();
    if (reason === null) return;
    this.options.logger.error({ offset: record.offset, reason }, 'a record of the configuration cannot be read');
    void this.#untilDatabaseTakes(async () => {
      const client = await this.options.pool.connect();
      try {
        const { key, value, offset } = record;
        const topic = this.options.configurationTopic;
        await insertDeadLetters(client, 'dispatcher', [{ topic, partition: 0, offset, key: Buffer.from(key), value, reason }]);
      } finally {
        client.release();
      }
    });
  }

  /** Nothing sealed could be sent without it: better no dispatcher than one that exhausts deliveries. */
  #requireKeyring(): void {
    if (this.index.keyringFault !== null) throw this.index.keyringFault;
  }

  #changed(callbackId: number): void {
    // While the history is read, every callback that was ever changed passes here.
    if (this.#isReading) return;
    this.sending.breakers.forgive(callbackId);
    this.parked.refresh(callbackId);
  }

  /** What is new joins a backlog, waits behind a breaker or a pause, or for a limit of its rate that is far off. */
  #holdOf(delivery: Delivery): 'held' | 'joins' | null {
    const { callbackId, destination, event } = delivery;
    const hold = this.sending.holds.of(callbackId, destination, event.event.data.conversion.affiliateId);
    if (hold === 'draining') return this.#drains.join(destination) ? 'joins' : null;
    if (hold !== null) return 'held';
    return this.sending.isRateUsedUp(delivery, this.options.parkAfterMs / 2) ? 'joins' : null;
  }

  #progress(): ProgressSample {
    const { recorder, parked, window } = this;
    const { lanes } = this.sending;
    return {
      done: this.recorded + parked.claimed + lanes.started + this.intake.taken,
      waitingFor: this.waitingFor,
      work: {
        'messages fetched': this.intake.fetched,
        'deliveries in the window': window.held,
        'deliveries to be recorded': recorder.pendingCount,
        'parked deliveries in hand': parked.inHand,
        'callbacks overdue': this.#overdue,
      },
    };
  }

  async #look(mayFree: boolean): Promise<Look> {
    const { pool, instanceId, monotonic = () => performance.now() } = this.options;
    const lookedAt = monotonic();
    const nowMs = (this.options.now ?? Date.now)();
    await keepLeases(pool, this.window.values(), lookedAt);
    const seen = await look(pool, { instanceId, mayFree, nowMs, overdueBeforeMs: nowMs - STALLED_AFTER_MS });
    this.#overdue = seen.overdue;
    this.#oldestDueAtMs = seen.oldestDueAtMs;
    this.#mayWait = seen.nextDueAtMs !== null || seen.redeliveries > 0;
    this.deployment.adopt(seen, lookedAt);
    this.failing.replace(seen.failing);
    void this.deployment.save();
    if (seen.redeliveries > 0) this.redeliveries.wake();
    return seen;
  }

  #makePartitions(): Promise<void> {
    const { pool, retentionDays, now = Date.now } = this.options;
    return this.#untilDatabaseTakes(async () => {
      await ensureDayPartitions(pool, now(), retentionDays);
    });
  }

  async #keepHouse(): Promise<void> {
    try {
      await ensureDayPartitions(this.options.pool, (this.options.now ?? Date.now)(), this.options.retentionDays);
      await forgetEmptyQueues(this.options.pool);
      await forgetOldBreakers(this.options.pool, (this.options.now ?? Date.now)());
      await forgetOldHealth(this.options.pool, (this.options.now ?? Date.now)());
      await forgetOldRedeliveries(this.options.pool, {
        nowMs: (this.options.now ?? Date.now)(),
        retentionDays: this.options.retentionDays,
      });
      this.sending.sweep();
      this.#drains.sweep();
      while ((await this.parked.expire()) && !this.#stopped) await this.recorder.idle();
      await this.erasures.forgetOld();
      this.options.jobs?.succeeded('housekeeping');
      const isKept = await this.#oldDays.drop((this.options.now ?? Date.now)());
      this.options.jobs?.[isKept ? 'succeeded' : 'failed']('retention');
    } catch (error) {
      this.options.jobs?.failed('housekeeping');
      if (isDatabaseAway(error)) this.options.logger.warn({ error }, 'housekeeping waits for PostgreSQL');
      else this.options.onFatal(error);
    }
  }

  async #untilDatabaseTakes(work: () => Promise<void>): Promise<void> {
    while (!this.#stopped) {
      try {
        await work();
        return;
      } catch (error) {
        if (!isDatabaseAway(error)) {
          this.options.onFatal(error);
          return;
        }
        await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
      }
    }
  }
}
