import { deliveryId } from '@ringback/contracts';
import type { IncomingMessage, PartitionLease, PartitionWorker } from '@ringback/event-stream';
import type { Span, Tracing } from '@ringback/service-runtime';
import type { CallbackIndex } from '../callback-index/callback-index.js';
import type { IndexedCallback } from '../callback-index/indexed-callback.js';
import { Delivery, type DeliveryEvent } from '../delivery/delivery.js';
import type { Lanes } from '../delivery/lanes.js';
import type { Recorder } from '../recording/recorder.js';
import { eraseEvent } from '../erasure/erase-event.js';
import { NOTHING, type Known } from './find-known.js';
import { PartitionIntake, type TrackedEvent } from './partition-intake.js';
import { readEvent, tooOld } from './read-event.js';
import type { Window } from './window.js';

/** Most deliveries, and most messages, of one look-up. */
const MAX_BATCH_DELIVERIES = 1_000;
const MAX_BATCH_MESSAGES = 250;
/** How often it is looked again whether a destination that was worth waiting for still is, in ms. */
const LOOK_AGAIN_MS = 100;
const FIRST_BACKOFF_MS = 50;
const MAX_BACKOFF_MS = 1_000;

export interface IntakeOptions {
  readonly window: Window;
  readonly index: CallbackIndex;
  readonly lanes: Lanes;
  readonly recorder: Recorder;
  /** Why a new delivery waits in PostgreSQL rather than in its lane: `held` until something opens, `joins` what waits there already. */
  readonly holdOf: (delivery: Delivery) => 'held' | 'joins' | null;
  /** What is known of deliveries, and of the conversions they tell of. Rejects while PostgreSQL is away. */
  readonly findKnown: (ids: readonly string[], conversionIds: readonly string[]) => Promise<Known>;
  readonly isDatabaseAway: (error: unknown) => boolean;
  /** Reads the configuration to its present end. False when that did not come about in time. */
  readonly catchUp: () => Promise<boolean>;
  readonly onFatal: (error: unknown) => void;
  /** Absent: nothing is traced. */
  readonly tracing?: Pick<Tracing, 'start'>;
  /** Fetched and not yet taken, per partition, in bytes: above it the partition is paused. */
  readonly maxQueuedBytes: number;
  /** A destination whose share is full is waited for while what waits for it will have started within this time, in ms. */
  readonly briskWithinMs: number;
  /** How long the log is kept, in days. */
  readonly retentionDays: number;
  readonly now: () => number;
  readonly monotonic: () => number;
  readonly wait?: (ms: number) => Promise<void>;
}

/** An event taken from its partition, with the deliveries that it asks for and nobody has in hand. */
interface Taken {
  readonly tracked: TrackedEvent;
  readonly event: DeliveryEvent;
  readonly key: Buffer | null;
  readonly deliveries: readonly Delivery[];
}

/** The next event of a partition, read and matched, while it waits for room. */
interface Head {
  readonly offset: number;
  readonly key: Buffer | null;
  readonly event: DeliveryEvent;
  readonly ids: readonly string[];
  readonly callbacks: readonly IndexedCallback[];
}

/**
 * From Kafka into the window: reads ahead, matches, drops what is in hand or known to PostgreSQL, and hands the rest to the lanes, or, where
 * there is no room, to be parked. Never waits for a delivery to settle.
 */
export class Intake implements PartitionWorker {
  readonly #partitions = new Map<number, PartitionIntake>();
  readonly #heads = new WeakMap<PartitionIntake, Head>();
  #turn = 0;
  #running: Promise<void> | null = null;
  #stopped = false;
  #catchingUp = false;
  #wakeTimer: NodeJS.Timeout | null = null;
  #waitingFor: 'postgresql' | 'configuration' | null = null;
  /** Messages taken since the start. */
  taken = 0;
  /** Of these, what they were. */
  readonly events = { matched: 0, unmatched: 0, erasure: 0, 'dead-letter': 0 };
  /** Callbacks that fired. */
  matches = 0;
  /** Deliveries that were known already. */
  known = 0;

  constructor(private readonly options: IntakeOptions) {}

  /** What the intake waits for, if anything. */
  get waitingFor(): 'postgresql' | 'configuration' | null {
    return this.#waitingFor;
  }

  /** Messages that were fetched and wait to be taken. */
  get fetched(): number {
    let count = 0;
    for (const partition of this.#partitions.values()) if (partition.isReady) count += partition.queued;
    return count;
  }

  acquired(lease: PartitionLease): void {
    this.#partitions.set(lease.partition, new PartitionIntake(lease, this.options.maxQueuedBytes));
  }

  admit(lease: PartitionLease, messages: readonly IncomingMessage[]): void {
    const partition = this.#partitions.get(lease.partition);
    if (partition === undefined || partition.lease !== lease) return;
    partition.push(messages);
    this.wake();
  }

  async drain(lease: PartitionLease): Promise<void> {
    const partition = this.#partitions.get(lease.partition);
    if (partition === undefined || partition.lease !== lease) return;
    const drained = partition.drain();
    this.options.recorder.touch(partition);
    await drained;
    if (this.#partitions.get(lease.partition) === partition) this.#partitions.delete(lease.partition);
  }

  lost(lease: PartitionLease): void {
    const partition = this.#partitions.get(lease.partition);
    if (partition === undefined || partition.lease !== lease) return;
    this.#partitions.delete(lease.partition);
    this.options.recorder.lose(partition);
  }

  /** There may be something to do: messages came, room became free, the configuration was read further. */
  wake(): void {
    if (this.#running !== null || this.#stopped) return;
    this.#running = this.#run()
      .catch((error: unknown) => this.options.onFatal(error))
      .finally(() => {
        this.#running = null;
        // What came between the last look and here.
        if (this.#canTake()) this.wake();
      });
  }

  stop(): void {
    this.#stopped = true;
    if (this.#wakeTimer !== null) clearTimeout(this.#wakeTimer);
  }

  async #run(): Promise<void> {
    // One turn of the event loop: what arrives together is looked up together.
    await Promise.resolve();
    while (!this.#stopped) {
      const { batch, messages } = this.#takeBatch();
      if (messages === 0) return;
      if (batch.length === 0) {
        // Nothing to look up: others get their turn of the event loop here.
        await new Promise((resolve) => setImmediate(resolve));
        continue;
      }
      const known = await this.#findKnown(batch);
      for (const taken of batch) this.#admitTaken(taken, known);
    }
  }

  #canTake(): boolean {
    if (!this.#hasRoom) return false;
    for (const partition of this.#partitions.values()) {
      if (!partition.isReady) continue;
      const head = this.#heads.get(partition);
      if (head === undefined || head.offset !== partition.peek()?.offset || this.#fits(head)) return true;
    }
    return false;
  }

  get #hasRoom(): boolean {
    return this.options.window.free > 0 && !this.options.recorder.isBehind;
  }

  /** Takes messages of all partitions in turn until the batch, or the window, is full. */
  #takeBatch(): { batch: Taken[]; messages: number } {
    const batch: Taken[] = [];
    const partitions = [...this.#partitions.values()];
    let deliveries = 0;
    let messages = 0;
    let idle = 0;
    while (idle < partitions.length && messages < MAX_BATCH_MESSAGES && deliveries < MAX_BATCH_DELIVERIES && this.#hasRoom) {
      const partition = partitions[this.#turn++ % partitions.length]!;
      const taken = this.#takeNext(partition);
      if (taken === 'nothing') {
        idle++;
        continue;
      }
      idle = 0;
      messages++;
      this.taken++;
      if (taken === 'settled') continue;
      batch.push(taken);
      deliveries += taken.deliveries.length;
    }
    return { batch, messages };
  }

  #takeNext(partition: PartitionIntake): Taken | 'nothing' | 'settled' {
    if (!partition.isReady) return 'nothing';
    const message = partition.peek()!;
    const head = this.#readHead(partition, message);
    if (head === 'nothing' || head === 'settled') return head;
    if (!this.#fits(head)) return 'nothing';
    this.#heads.delete(partition);
    return this.#holdDeliveries(partition, head);
  }

  #readHead(partition: PartitionIntake, message: IncomingMessage): Head | 'nothing' | 'settled' {
    const known = this.#heads.get(partition);
    if (known !== undefined && known.offset === message.offset) return known;
    const { index, now, retentionDays } = this.options;
    const read = readEvent(message.value, now(), retentionDays);
    if (read.kind === 'unreadable') return this.#deadLetter(partition, message, read.reason);
    if (read.kind === 'erasure') {
      const tracked = partition.take(0);
      tracked.decided = true;
      tracked.open = 1;
      this.events.erasure++;
      this.options.recorder.erase(tracked, read.erasure.data);
      return 'settled';
    }
    const { event } = read;
    const { revision } = event.event.data;
    if (!index.covers(revision)) {
      partition.awaitingRevision = revision;
      this.#readConfiguration();
      return 'nothing';
    }
    const span = event.traceparent === undefined ? null : this.#span(partition, message, event);
    const match = index.match(event.event);
    span?.end({ 'ringback.callbacks': match.kind === 'matched' ? match.callbacks.length : 0 });
    if (span !== null) event.traceparent = span.traceparent;
    if (match.kind === 'history-gone') return this.#deadLetter(partition, message, `history-gone: ${match.detail}`);
    if (match.callbacks.length === 0) {
      const tracked = partition.take(0);
      tracked.decided = true;
      this.events.unmatched++;
      this.options.recorder.touch(partition);
      return 'settled';
    }
    const head: Head = {
      offset: message.offset,
      key: message.key,
      event,
      callbacks: match.callbacks,
      ids: match.callbacks.map(({ id }) => deliveryId(event.recordedAtMs, event.event.id, id)),
    };
    this.#heads.set(partition, head);
    return head;
  }

  #span({ lease }: PartitionIntake, { offset }: IncomingMessage, { event, traceparent }: DeliveryEvent): Span | null {
    if (this.options.tracing === undefined) return null;
    return this.options.tracing.start('match', {
      kind: 'consumer',
      parent: traceparent,
      attributes: {
        'messaging.system': 'kafka',
        'messaging.destination.partition.id': String(lease.partition),
        'messaging.kafka.offset': offset,
        'ringback.event_id': event.id,
        'ringback.conversion_id': event.data.conversion.id,
      },
    });
  }

  /**
   * An event waits until the window can take it, or half of the window where it is larger: the rest of it is parked. It also waits for a
   * destination whose share is full but moves on briskly: parking is for what would take long.
   */
  #fits(head: Head): boolean {
    const { window } = this.options;
    if (window.free < Math.min(head.ids.length, Math.ceil(window.capacity / 2))) return false;
    if (!window.hasBytesFor(head.event.bytes.length)) return false;
    const mustWait =
      head.callbacks.some(({ destination }) => window.isShareFull(destination) && this.#isBrisk(destination)) ||
      head.ids.some((id) => window.get(id)?.isBeingForgotten);
    if (mustWait) this.#wakeLater();
    return !mustWait;
  }

  #isBrisk(destination: string): boolean {
    return this.options.lanes.isBrisk(destination, this.options.briskWithinMs);
  }

  /** A lane that stops moving frees nothing, so nothing else would call. */
  #wakeLater(): void {
    this.#wakeTimer ??= setTimeout(() => {
      this.#wakeTimer = null;
      this.wake();
    }, LOOK_AGAIN_MS);
  }

  #holdDeliveries(partition: PartitionIntake, { event, key, ids, callbacks }: Head): Taken {
    const { window } = this.options;
    this.events.matched++;
    this.matches += ids.length;
    const tracked = partition.take(event.bytes.length);
    window.holdBytes(tracked);
    const deliveries: Delivery[] = [];
    ids.forEach((id, index) => {
      const inHand = window.get(id);
      // What is in hand is recorded by whoever holds it, but for a request that outlived the lease of its partition: it is this event's again.
      if (inHand !== undefined && !inHand.isOrphan) return;
      const callback = callbacks[index]!;
      const delivery = inHand ?? new Delivery(id, callback.id, event, callback.destination);
      delivery.isOrdered = callback.isOrdered;
      delivery.tracked = tracked;
      tracked.open++;
      window.hold(delivery);
      deliveries.push(delivery);
    });
    return { tracked, event, key, deliveries };
  }

  async #findKnown(batch: readonly Taken[]): Promise<Known> {
    const { findKnown, isDatabaseAway, wait = sleep } = this.options;
    const ids = batch.flatMap(({ deliveries }) => deliveries.map(({ id }) => id));
    const conversionIds = [...new Set(batch.map(({ event }) => event.event.data.conversion.id))];
    for (let backoffMs = FIRST_BACKOFF_MS; ; backoffMs = Math.min(backoffMs * 2, MAX_BACKOFF_MS)) {
      try {
        const known = await findKnown(ids, conversionIds);
        this.#waitingFor = null;
        return known;
      } catch (error) {
        if (!isDatabaseAway(error)) throw error;
        this.#waitingFor = 'postgresql';
        await wait(backoffMs);
        if (this.#stopped) return NOTHING;
      }
    }
  }

  #admitTaken(taken: Taken, { known, keptFromId, erased }: Known): void {
    const { window, lanes, recorder, monotonic, now } = this.options;
    const { tracked, event, deliveries } = taken;
    const { partition } = tracked;
    const forgotten = partition.lost || (partition.closing && !tracked.decided) || this.#stopped;
    tracked.decided = !forgotten;
    if (erased.has(event.event.data.conversion.id)) eraseEvent(event, now());
    // Its deliveries all have its time.
    const isGone = !forgotten && keptFromId !== null && deliveries.some(({ id }) => id < keptFromId);
    if (isGone) this.#deadLetterTaken(taken);
    for (const delivery of deliveries) {
      if (forgotten || isGone || known.has(delivery.id)) {
        if (!forgotten && !isGone) this.known++;
        tracked.open--;
        delivery.tracked = null;
        window.release(delivery);
        if (delivery.state === 'admitting') window.letGo(delivery);
        continue;
      }
      delivery.admittedAt = monotonic();
      if (delivery.state !== 'admitting') {
        recorder.watch(delivery);
        continue;
      }
      const hold = this.#holdOf(delivery);
      if (hold === null) {
        recorder.watch(delivery);
        lanes.enqueue(delivery);
      } else {
        window.release(delivery);
        recorder.settle(delivery, { kind: 'wait', error: null, dueAtMs: now(), isHeld: hold === 'held' });
      }
    }
    if (tracked.open === 0) recorder.eventDone(tracked);
  }

  /** No room, or nothing that may be sent now: it waits where anyone can take it up. With `ordering` only there its turn can be told. */
  #holdOf(delivery: Delivery): 'held' | 'joins' | null {
    const { window, holdOf } = this.options;
    const hold = holdOf(delivery);
    if (hold !== null || delivery.isOrdered) return hold ?? 'joins';
    const hasNoRoom = window.free < 0 || (window.isShareFull(delivery.destination) && !this.#isBrisk(delivery.destination));
    return hasNoRoom ? 'joins' : null;
  }

  #deadLetter(partition: PartitionIntake, message: IncomingMessage, reason: string): 'settled' {
    const tracked = partition.take(0);
    tracked.decided = true;
    tracked.open = 1;
    this.events['dead-letter']++;
    const { topic, partition: number } = partition.lease;
    this.options.recorder.deadLetter(tracked, {
      topic,
      partition: number,
      offset: message.offset,
      key: message.key,
      value: message.value,
      reason,
    });
    return 'settled';
  }

  /** An event of a day that was dropped from the log: whether it was delivered cannot be told. */
  #deadLetterTaken({ tracked, event, key }: Taken): void {
    const { topic, partition } = tracked.partition.lease;
    tracked.open++;
    this.options.recorder.deadLetter(tracked, {
      topic,
      partition,
      offset: tracked.offset,
      key,
      value: event.bytes,
      reason: tooOld(event.event.time, 'no more of that day'),
    });
  }

  /** One reading at a time, for all partitions that wait: it always suffices, since the record was in Kafka before the event. */
  #readConfiguration(): void {
    if (this.#catchingUp) return;
    this.#catchingUp = true;
    this.#waitingFor = 'configuration';
    const waiting = [...this.#partitions.values()].filter(({ awaitingRevision }) => awaitingRevision !== null);
    void this.options
      .catchUp()
      .then((fresh) => {
        if (fresh) for (const { awaitingRevision } of waiting) if (awaitingRevision !== null) this.options.index.confirm(awaitingRevision);
      })
      .catch((error: unknown) => this.options.onFatal(error))
      .finally(() => {
        this.#catchingUp = false;
        this.#waitingFor = null;
        for (const partition of this.#partitions.values()) partition.awaitingRevision = null;
        this.wake();
      });
  }
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
