/** What a destination that nothing is known of may have under way. */
const FIRST_CAP = 16;
/** A round's latency is flat while its mean is at most this many times what is usual. */
const FLAT_RATIO = 2;
/** In steady state a round adds this share of the cap. */
const STEADY_GROWTH = 0.1;
/** How fast the usual latency follows: down at once, up slowly, so that a queue that builds up at the receiver does not pass as usual. */
const FALL_WEIGHT = 0.3;
const RISE_WEIGHT = 0.02;

/**
 * How many requests one destination may have under way: up while its latency is flat and the cap is what limits, down by half when it says
 * that it has too much (time-outs, 429, 503). Doubles each round until the first sign of strain, then grows by a tenth (slow start and
 * congestion avoidance, as in RFC 5681). A round is as many answers as the cap was at its begin.
 */
export class InFlightCap {
  #cap = FIRST_CAP;
  #isSlowStart = true;
  #usualMs: number | null = null;
  #roundLeft = FIRST_CAP;
  #roundEnded = 0;
  #roundMs = 0;
  #wasFull = false;
  #loweredAt = -Infinity;

  /** @returns the cap, 1 or more, and at most `max`. */
  within(max: number): number {
    return Math.max(1, Math.min(max, Math.floor(this.#cap)));
  }

  /** A request had to wait for the cap. */
  noteFull(): void {
    this.#wasFull = true;
  }

  /** A request was answered. */
  noteAnswer(durationMs: number, max: number): void {
    this.#roundEnded++;
    this.#roundMs += durationMs;
    if (--this.#roundLeft > 0) return;
    const meanMs = this.#roundMs / this.#roundEnded;
    const isFlat = this.#usualMs === null || meanMs <= FLAT_RATIO * this.#usualMs;
    if (!isFlat) this.#isSlowStart = false;
    else if (this.#wasFull)
      this.#cap = Math.min(max, this.#isSlowStart ? this.#cap * 2 : this.#cap + Math.max(1, this.#cap * STEADY_GROWTH));
    const weight = this.#usualMs === null ? 1 : meanMs < this.#usualMs ? FALL_WEIGHT : RISE_WEIGHT;
    this.#usualMs = (this.#usualMs ?? 0) * (1 - weight) + meanMs * weight;
    this.#beginRound();
  }

  /** The destination said that it has too much, or said nothing in time. Requests that began before the last lowering lower it no further. */
  noteStrain(startedAt: number, nowMs: number, max: number): void {
    if (startedAt < this.#loweredAt) return;
    this.#loweredAt = nowMs;
    this.#isSlowStart = false;
    this.#cap = Math.max(1, Math.min(this.#cap, max) / 2);
    this.#beginRound();
  }

  /** The destination was away and is back: from the beginning. What was sent before tells nothing of how it is now. */
  reset(nowMs: number): void {
    this.#loweredAt = nowMs;
    this.#cap = FIRST_CAP;
    this.#isSlowStart = true;
    this.#usualMs = null;
    this.#beginRound();
  }

  #beginRound(): void {
    this.#roundLeft = Math.max(1, Math.floor(this.#cap));
    this.#roundEnded = 0;
    this.#roundMs = 0;
    this.#wasFull = false;
  }
}
