import type { PartitionLease } from './partition-worker.js';

/** What the consumer knows of a partition it holds: how long, and where it reads. One object per acquisition. */
export class HeldLease implements PartitionLease {
  /** The next offset to admit; everything from `startOffset` up to it was handed to the worker. */
  nextOffset: number;
  /** Set once the position was compared with what the topic holds. */
  startOffset = 0;
  isPositioned = false;
  /** Whether the worker has heard of it, so that it is to be drained. */
  isAnnounced = false;
  /** No longer to be worked: drained, then released. */
  isLeaving = false;
  isReleasing = false;
  /** Resolves when the worker has taken the last batch. */
  admission: Promise<void> = Promise.resolve();
  #isEnded = false;
  #isPaused = false;

  constructor(
    readonly topic: string,
    readonly partition: number,
    readonly epoch: number,
    /** From `intake_progress`. */
    readonly recordedOffset: number,
    private liveUntilMs: number,
    private readonly monotonicMs: () => number,
    private readonly onReadingChanged: () => void,
  ) {
    this.nextOffset = recordedOffset;
  }

  isLive(): boolean {
    return !this.#isEnded && this.monotonicMs() < this.liveUntilMs;
  }

  pause(): void {
    if (this.#isPaused) return;
    this.#isPaused = true;
    this.onReadingChanged();
  }

  resume(): void {
    if (!this.#isPaused) return;
    this.#isPaused = false;
    this.onReadingChanged();
  }

  /** Whether a message may be admitted now. */
  get isOpen(): boolean {
    return this.isPositioned && !this.#isPaused && !this.isLeaving && this.isLive();
  }

  get isEnded(): boolean {
    return this.#isEnded;
  }

  extend(liveUntilMs: number): void {
    this.liveUntilMs = liveUntilMs;
  }

  end(): void {
    this.#isEnded = true;
  }
}
