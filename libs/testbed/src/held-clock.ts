/** A clock that moves only when told. `now` can be handed over by itself, as the `now: () => number` that clocks are passed as. */
export class HeldClock {
  #nowMs: number;

  /** @param startMs ms since the epoch; by default a fixed moment, so that nothing depends on the day of the run */
  constructor(startMs = Date.UTC(2026, 0, 15, 12)) {
    this.#nowMs = startMs;
  }

  readonly now = (): number => this.#nowMs;

  advance(ms: number): void {
    if (ms < 0) throw new RangeError('time does not run backwards: use set()');
    this.#nowMs += ms;
  }

  set(ms: number): void {
    this.#nowMs = ms;
  }

  toISOString(): string {
    return new Date(this.#nowMs).toISOString();
  }
}
