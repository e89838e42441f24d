import { randomUUID } from 'node:crypto';
import type { ConversionErased } from '@ringback/contracts';
import type { DeadLetter } from '@ringback/event-stream';
import type { Delivery, Outcome, Watch } from '../delivery/delivery.js';
import type { Lanes } from '../delivery/lanes.js';
import { Fifo } from '../fifo.js';
import type { PartitionIntake, TrackedEvent } from '../intake/partition-intake.js';
import type { Window } from '../intake/window.js';
import type { BatchWriter } from './batch-writer.js';
import { textOf } from './storable-text.js';
import { LEASE_MARGIN_MS, type Batch } from './write-batch.js';

const MAX_BATCH_ROWS = 500;
/** Of events to be parked and of exchanges: what a statement carries is in memory three times over. */
const MAX_BATCH_BYTES = 8 * 1024 * 1024;
const MAX_BATCH_LETTERS = 50;
/** How long what settled waits for company, in ms. */
const GATHER_MS = 5;

export interface RecorderOptions {
  readonly window: Window;
  readonly writer: Pick<BatchWriter, 'write'>;
  /** Taken out of their lanes when they are parked. */
  readonly lanes: Pick<Lanes, 'remove'>;
  /** What is unsettled for longer is parked, in ms. */
  readonly parkAfterMs: number;
  readonly now: () => number;
  readonly monotonic: () => number;
  /** Rows became free. */
  readonly onRoom: () => void;
  /** Deliveries were parked, or given back; the earliest is due then. */
  readonly onParked: (dueAtMs: number) => void;
  /** It is recorded, or dropped, and out of hand. */
  readonly onDone: (delivery: Delivery) => void;
  /** Personal data of conversions is to be erased from what was recorded. */
  readonly onErasures: () => void;
  readonly onFatal: (error: unknown) => void;
}

/**
 * The only one that writes what became of deliveries. One transaction at a time, repeated until PostgreSQL takes it; so a request is never
 * repeated because its recording failed. In each: what settled since, what is unsettled for too long, and how far the partitions are done.
 */
export class Recorder {
  readonly #settled = new Fifo<Delivery>();
  /** What is unsettled and may have to be parked, in the order in which it was admitted. */
  readonly #watched = new Fifo<Watch>();
  #letters: { tracked: TrackedEvent; letter: DeadLetter }[] = [];
  #erasures: { tracked: TrackedEvent; erasure: ConversionErased['data'] }[] = [];
  readonly #touched = new Set<PartitionIntake>();
  #flushing: Promise<void> | null = null;
  #gatherTimer: NodeJS.Timeout | null = null;
  #parkTimer: NodeJS.Timeout | null = null;
  #idle: (() => void)[] = [];
  /** Recorded since the start, by what became of them. */
  readonly recordedCounts: Record<Outcome['kind'], number> = { delivered: 0, exhausted: 0, cancelled: 0, retry: 0, wait: 0 };

  /** Parked since the start because they were unsettled for too long, by what they did. */
  readonly overdueCounts = { queued: 0, inFlight: 0 };

  constructor(private readonly options: RecorderOptions) {}

  /** Recording does not keep up, or PostgreSQL is away: nothing more should be taken in. */
  get isBehind(): boolean {
    return (
      this.#settled.size > this.options.window.capacity ||
      this.#letters.length > 2 * MAX_BATCH_LETTERS ||
      this.#erasures.length > MAX_BATCH_ROWS
    );
  }

  get pendingCount(): number {
    return this.#settled.size + this.#letters.length + this.#erasures.length;
  }

  /** Parks the delivery when it is not settled in time. */
  watch(delivery: Delivery): void {
    unwatch(delivery);
    if (delivery.state !== 'done') this.#watched.push((delivery.watch = { delivery }));
    this.#armParkTimer();
  }

  /** What became of a delivery. Recorded soon; until then it stays in hand. */
  settle(delivery: Delivery, outcome: Outcome): void {
    delivery.outcome = outcome;
    delivery.state = 'done';
    unwatch(delivery);
    // Its row is being parked right now: what became of it is written under the lease, right after.
    if (delivery.recording) return;
    if (delivery.isOrphan && (delivery.attempt === null || outcome.kind === 'retry' || outcome.kind === 'wait')) {
      // The partition's new owner sends it again.
      this.#forget(delivery);
      return;
    }
    this.#settled.push(delivery);
    this.#schedule();
  }

  /** It was not sent and is another's now. */
  drop(delivery: Delivery): void {
    this.#forget(delivery);
  }

  deadLetter(tracked: TrackedEvent, letter: DeadLetter): void {
    this.#letters.push({ tracked, letter: { ...letter, reason: textOf(letter.reason) } });
    this.#schedule();
  }

  /** The personal data of a conversion is to be erased: durable once the event's progress is. */
  erase(tracked: TrackedEvent, erasure: ConversionErased['data']): void {
    this.#erasures.push({ tracked, erasure });
    this.#schedule();
  }

  /** All of an event is in hand elsewhere or known: there may be progress to record. */
  eventDone(tracked: TrackedEvent): void {
    this.options.window.releaseBytes(tracked);
    this.touch(tracked.partition);
  }

  /** The partition's progress may have moved. */
  touch(partition: PartitionIntake): void {
    if (!partition.advance() || partition.lost) return;
    this.#touched.add(partition);
    this.#schedule();
  }

  /** The partition is another's: what waits is dropped, what is under way becomes an orphan. */
  lose(partition: PartitionIntake): void {
    for (const tracked of partition.lose()) this.options.window.releaseBytes(tracked);
    this.#touched.delete(partition);
    this.#letters = this.#letters.filter(({ tracked }) => tracked.partition !== partition);
    this.#erasures = this.#erasures.filter(({ tracked }) => tracked.partition !== partition);
    for (const { delivery } of this.#watched) {
      if (delivery === null || delivery.tracked?.partition !== partition || delivery.lease !== null) continue;
      this.options.window.release(delivery);
      if (delivery.state !== 'queued') continue;
      this.options.lanes.remove(delivery);
      this.#forget(delivery);
    }
    this.options.onRoom();
  }

  /** @returns once everything handed in so far is recorded. */
  idle(): Promise<void> {
    if (!this.#hasWork && this.#flushing === null) return Promise.resolve();
    return new Promise((resolve) => this.#idle.push(resolve));
  }

  stop(): void {
    if (this.#gatherTimer !== null) clearTimeout(this.#gatherTimer);
    if (this.#parkTimer !== null) clearTimeout(this.#parkTimer);
  }

  get #hasWork(): boolean {
    return this.pendingCount > 0 || this.#touched.size > 0;
  }

  #schedule(): void {
    if (this.#flushing !== null) return;
    if (this.#settled.size >= MAX_BATCH_ROWS) this.#flush();
    else this.#gatherTimer ??= setTimeout(() => this.#flush(), GATHER_MS);
  }

  #flush(): void {
    if (this.#gatherTimer !== null) clearTimeout(this.#gatherTimer);
    this.#gatherTimer = null;
    if (this.#flushing !== null) return;
    const batch = this.#takeBatch();
    if (batch === null) return;
    this.#flushing = this.options.writer
      .write(batch)
      .then((refused) => this.#written(batch, refused))
      .catch((error: unknown) => this.options.onFatal(error))
      .finally(() => {
        this.#flushing = null;
        this.#armParkTimer();
        if (this.#hasWork) this.#schedule();
        else for (const resolve of this.#idle.splice(0)) resolve();
      });
  }

  #takeBatch(): Batch | null {
    const rows: Delivery[] = [];
    let bytes = 0;
    while (rows.length < MAX_BATCH_ROWS && bytes < MAX_BATCH_BYTES && this.#settled.size > 0) {
      const delivery = this.#settled.shift()!;
      bytes += bytesOf(delivery);
      rows.push(delivery);
    }
    this.#takeOverdue(rows, bytes);
    const moves = new Map<PartitionIntake, number>();
    for (const delivery of rows) {
      delivery.recording = true;
      const { tracked } = delivery;
      if (tracked === null || delivery.lease !== null) continue;
      if (--tracked.open === 0) this.options.window.releaseBytes(tracked);
      this.#touched.add(tracked.partition);
    }
    const letters = this.#letters.splice(0, MAX_BATCH_LETTERS);
    const erasures = this.#erasures.splice(0, MAX_BATCH_ROWS);
    for (const { tracked } of [...letters, ...erasures]) {
      tracked.open--;
      this.#touched.add(tracked.partition);
    }
    for (const partition of this.#touched) {
      if (partition.lost) continue;
      partition.advance();
      moves.set(partition, partition.nextOffset);
    }
    this.#touched.clear();
    if (rows.length === 0 && moves.size === 0) return null;
    return {
      rows,
      letters: letters.map(({ tracked, letter }) => ({ partition: tracked.partition, letter })),
      erasures: erasures.map(({ tracked, erasure }) => ({ partition: tracked.partition, erasure })),
      moves,
    };
  }

  /** What was admitted too long ago: queued, it is parked for anyone; under way, it is parked under a lease that outlives its request. */
  #takeOverdue(rows: Delivery[], bytes: number): void {
    const { monotonic, now, parkAfterMs, lanes } = this.options;
    const admittedBefore = monotonic() - parkAfterMs;
    for (let delivery = this.#oldestWatched(); delivery !== null; delivery = this.#oldestWatched()) {
      if (delivery.admittedAt > admittedBefore || rows.length >= 2 * MAX_BATCH_ROWS || bytes >= MAX_BATCH_BYTES) break;
      unwatch(delivery);
      if (delivery.isOrphan || delivery.lease !== null || delivery.recording) continue;
      if (delivery.state === 'queued') {
        this.overdueCounts.queued++;
        lanes.remove(delivery);
        delivery.state = 'done';
        delivery.outcome = { kind: 'wait', error: null, dueAtMs: now() };
      } else {
        this.overdueCounts.inFlight++;
        delivery.pendingLease = { token: randomUUID(), endsAt: delivery.abortsAt + LEASE_MARGIN_MS };
      }
      bytes += bytesOf(delivery);
      rows.push(delivery);
    }
  }

  #written({ rows, erasures, moves }: Batch, refused: ReadonlySet<PartitionIntake>): void {
    let parkedDueAtMs = Infinity;
    for (const [partition, nextOffset] of moves) {
      if (refused.has(partition)) this.lose(partition);
      else partition.recorded(nextOffset);
    }
    for (const delivery of rows) {
      delivery.recording = false;
      if (delivery.pendingLease !== null) {
        this.#leased(delivery, delivery.pendingLease);
        continue;
      }
      const { outcome } = delivery;
      if (outcome !== null) this.recordedCounts[outcome.kind]++;
      if (outcome?.kind === 'retry' || (outcome?.kind === 'wait' && !outcome.isHeld))
        parkedDueAtMs = Math.min(parkedDueAtMs, outcome.dueAtMs);
      // Its successors may go now.
      else if (delivery.isOrdered && outcome?.kind !== 'wait') parkedDueAtMs = Math.min(parkedDueAtMs, this.options.now());
      this.#forget(delivery);
    }
    if (parkedDueAtMs < Infinity) this.options.onParked(parkedDueAtMs);
    if (erasures.length > 0) this.options.onErasures();
    this.options.onRoom();
  }

  /** Its row is parked under our lease, unless its partition was lost: then it is an orphan. What came of it meanwhile is written now. */
  #leased(delivery: Delivery, lease: NonNullable<Delivery['pendingLease']>): void {
    delivery.pendingLease = null;
    if (!delivery.isOrphan) {
      delivery.lease = lease;
      delivery.tracked = null;
    }
    this.options.window.release(delivery);
    if (delivery.outcome !== null) this.settle(delivery, delivery.outcome);
  }

  #forget(delivery: Delivery): void {
    delivery.state = 'done';
    unwatch(delivery);
    this.options.window.release(delivery);
    this.options.window.letGo(delivery);
    this.options.onDone(delivery);
  }

  #oldestWatched(): Delivery | null {
    for (let watch = this.#watched.peek(); watch !== undefined; watch = this.#watched.peek()) {
      if (watch.delivery !== null) return watch.delivery;
      this.#watched.shift();
    }
    return null;
  }

  #armParkTimer(): void {
    if (this.#parkTimer !== null || this.#flushing !== null) return;
    const oldest = this.#oldestWatched();
    if (oldest === null) return;
    const dueInMs = oldest.admittedAt + this.options.parkAfterMs - this.options.monotonic();
    this.#parkTimer = setTimeout(
      () => {
        this.#parkTimer = null;
        this.#flush();
        this.#armParkTimer();
      },
      Math.max(10, dueInMs),
    );
  }
}

function unwatch(delivery: Delivery): void {
  if (delivery.watch === null) return;
  delivery.watch.delivery = null;
  delivery.watch = null;
}

/** @returns about how many bytes go to PostgreSQL for it. */
function bytesOf({ outcome, attempt, event, lease }: Delivery): number {
  const isParkedNow = lease === null && (outcome === null || outcome.kind === 'retry' || outcome.kind === 'wait');
  return (attempt?.exchange?.length ?? 0) + (isParkedNow ? event.bytes.length : 0);
}
