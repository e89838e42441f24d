import type { IncomingMessage, PartitionLease } from '@ringback/event-stream';
import { Fifo } from '../fifo.js';

/** A message that was taken from its partition and is not recorded yet. */
export class TrackedEvent {
  /** What of it is not recorded: deliveries, or its dead letter. */
  open = 0;
  /** Looked up: `open` grows no more. */
  decided = false;

  constructor(
    readonly partition: PartitionIntake,
    readonly offset: number,
    /** Bytes it holds in the window; 0 once they are released. */
    public bytes: number,
  ) {}
}

/**
 * One partition while this process holds its lease: what was fetched and not yet taken, what was taken and not yet recorded, and from
 * both how far its progress may move.
 */
export class PartitionIntake {
  readonly #messages = new Fifo<IncomingMessage>();
  readonly #taken = new Fifo<TrackedEvent>();
  #queuedBytes = 0;
  #nextOffset: number;
  #recordedOffset: number;
  #paused = false;
  #drained: (() => void) | null = null;
  /** Another process has it: nothing of it is started or recorded any more. */
  lost = false;
  /** Its lease is being given back: nothing more is taken. */
  closing = false;
  /** Waits until the configuration was read to the revision of its next event. */
  awaitingRevision: number | null = null;

  constructor(
    readonly lease: PartitionLease,
    private readonly maxQueuedBytes: number,
  ) {
    this.#nextOffset = lease.startOffset;
    this.#recordedOffset = lease.startOffset;
  }

  /** What may be recorded as done, all that is covered by recordings under way included. */
  get nextOffset(): number {
    return this.#nextOffset;
  }

  /** Recorded for sure. */
  get recordedOffset(): number {
    return this.#recordedOffset;
  }

  /** @returns whether messages wait and may be taken. */
  get isReady(): boolean {
    return this.#messages.size > 0 && !this.closing && !this.lost && this.awaitingRevision === null;
  }

  /** Messages fetched and not taken. */
  get queued(): number {
    return this.#messages.size;
  }

  push(messages: readonly IncomingMessage[]): void {
    if (this.closing || this.lost) return;
    for (const message of messages) {
      this.#messages.push(message);
      this.#queuedBytes += sizeOf(message);
    }
    if (this.#queuedBytes > this.maxQueuedBytes && !this.#paused) {
      this.#paused = true;
      this.lease.pause();
    }
  }

  peek(): IncomingMessage | undefined {
    return this.#messages.peek();
  }

  /** Takes the message that {@link peek} showed. */
  take(heldBytes: number): TrackedEvent {
    const message = this.#messages.shift()!;
    this.#queuedBytes -= sizeOf(message);
    if (this.#paused && this.#queuedBytes * 2 < this.maxQueuedBytes) {
      this.#paused = false;
      this.lease.resume();
    }
    const tracked = new TrackedEvent(this, message.offset, heldBytes);
    this.#taken.push(tracked);
    return tracked;
  }

  /** Moves on past all events at the front that have nothing open. @returns whether there is progress that is not recorded. */
  advance(): boolean {
    for (let event = this.#taken.peek(); event !== undefined && event.decided && event.open === 0; event = this.#taken.peek()) {
      this.#nextOffset = event.offset + 1;
      this.#taken.shift();
    }
    return this.#nextOffset > this.#recordedOffset;
  }

  /** The recorder's transaction is committed. */
  recorded(nextOffset: number): void {
    this.#recordedOffset = Math.max(this.#recordedOffset, nextOffset);
    if (this.#drained !== null && this.#isSettled) this.#drained();
  }

  /** Takes no more. @returns once everything that was taken and looked up is recorded. What was not is left to the next owner. */
  drain(): Promise<void> {
    this.closing = true;
    this.#forgetQueued();
    this.#taken.dropTail((event) => !event.decided);
    if (this.#isSettled) return Promise.resolve();
    return new Promise((resolve) => (this.#drained = resolve));
  }

  /** The lease is another's. @returns the events that were taken and are not recorded. */
  lose(): TrackedEvent[] {
    this.lost = true;
    this.#forgetQueued();
    const forgotten = [...this.#taken];
    this.#taken.clear();
    this.#drained?.();
    return forgotten;
  }

  get #isSettled(): boolean {
    this.advance();
    return this.#taken.size === 0 && this.#recordedOffset >= this.#nextOffset;
  }

  #forgetQueued(): void {
    this.#messages.clear();
    this.#queuedBytes = 0;
  }
}

function sizeOf(message: IncomingMessage): number {
  return (message.value?.length ?? 0) + (message.key?.length ?? 0) + 100;
}
