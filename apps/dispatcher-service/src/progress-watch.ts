/** How often it is looked, in ms. */
const LOOK_EVERY_MS = 5_000;

/** The pipeline at one moment. */
export interface ProgressSample {
  /** Grows with everything that is done: taken in, begun, recorded, claimed. */
  readonly done: number;
  /** A dependency that is waited for: then standing still is no fault. */
  readonly waitingFor: string | null;
  /** What could go on now, by name, in numbers; all 0 where nothing can. */
  readonly work: Readonly<Record<string, number>>;
}

export interface ProgressWatchOptions {
  readonly sample: () => ProgressSample;
  /** Longer than the longest request and its recording: work that waits for longer while nothing at all is done has been forgotten, in ms. */
  readonly stalledAfterMs: number;
  /** It is told once when a stall begins. */
  readonly onStalled: (detail: string) => void;
  /** It has lasted twice as long: only a new process helps. */
  readonly onFatal: (error: Error) => void;
  readonly monotonic: () => number;
}

/** Work is due and none is done: a fault that says so, whatever its cause. Nobody has to notice that deliveries have stopped. */
export class ProgressWatch {
  #doneBefore = -1;
  #movedAt: number;
  #isStalled = false;
  #timer: NodeJS.Timeout | null = null;

  constructor(private readonly options: ProgressWatchOptions) {
    this.#movedAt = options.monotonic();
  }

  start(): void {
    this.#movedAt = this.options.monotonic();
    this.#timer = setInterval(() => this.look(), LOOK_EVERY_MS);
    this.#timer.unref();
  }

  stop(): void {
    if (this.#timer !== null) clearInterval(this.#timer);
  }

  /** @returns what stands still, in words; null while all is well. */
  get stall(): string | null {
    return this.#isStalled ? this.#describe(this.options.sample()) : null;
  }

  look(): void {
    const { sample, monotonic, stalledAfterMs, onStalled, onFatal } = this.options;
    const seen = sample();
    const hasWork = Object.values(seen.work).some((count) => count > 0);
    if (!hasWork || seen.waitingFor !== null || seen.done !== this.#doneBefore) {
      this.#doneBefore = seen.done;
      this.#movedAt = monotonic();
      this.#isStalled = false;
      return;
    }
    const stillForMs = monotonic() - this.#movedAt;
    if (stillForMs >= stalledAfterMs && !this.#isStalled) {
      this.#isStalled = true;
      onStalled(this.#describe(seen));
    }
    if (stillForMs >= 2 * stalledAfterMs) onFatal(new Error(this.#describe(seen)));
  }

  #describe({ work }: ProgressSample): string {
    const due = Object.entries(work)
      .filter(([, count]) => count > 0)
      .map(([name, count]) => `${count} ${name}`)
      .join(', ');
    return `nothing was done for ${Math.round((this.options.monotonic() - this.#movedAt) / 1000)} s although there is work: ${due}`;
  }
}
