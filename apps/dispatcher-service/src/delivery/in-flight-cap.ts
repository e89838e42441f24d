/** What a destination that nothing is known of may have under way. */
const FIRST_CAP = 16;
/** A round's latency is flat while its mean is at most this many times the least of late. */
const FLAT_RATIO = 1.5;
/** Single rounds vary; so many in a row that are not flat end the slow start. */
const UNFLAT_ROUNDS = 3;
/** In steady state a round adds this share of the cap. */
const STEADY_GROWTH = 0.1;
/** A round in which no more than this share of the cap was under way has not used it. */
const UNUSED_SHARE = 0.5;
/**
 * The least latency is of this time, and the same again before it, in ms. By time and not by rounds: a queue that builds up, at the receiver or
 * here, must not pass as usual after a thousand rounds of a millisecond.
 */
const LEAST_MS = 60_000;

/**
 * How many requests one destination may have under way: up while its latency is flat and the cap is what limits, down by half when it says
 * that it has too much (time-outs, 429, 503). Doubles each round until the first sign of strain, then grows by a tenth (slow start and
 * congestion avoidance, as in RFC 5681). A round is as many answers as the cap was at its begin. Where answers come in a millisecond, more
 * requests at once bring no more of them and cost CPU: there it stays small.
 *
 * What is not used is given up, by half a round, and doubles again when it is (as in RFC 7661): a destination that needs two requests at a
 * time and had a burst an hour ago must not have hundreds under way when it hangs.
 */
export class InFlightCap {
  #cap = FIRST_CAP;
  /** The destination has had so much under way since its last sign of strain. */
  #provenCap = FIRST_CAP;
  #isSlowStart = true;
  #leastMs = Infinity;
  #leastMsBefore = Infinity;
  #leastSince = -Infinity;
  #unflatRounds = 0;
  #roundLeft = FIRST_CAP;
  #roundEnded = 0;
  #roundMs = 0;
  #mostUnderWay = 0;
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

  /** A request began; with it so many are under way. */
  noteStart(underWay: number): void {
    if (underWay > this.#mostUnderWay) this.#mostUnderWay = underWay;
  }

  /** A request was answered. */
  noteAnswer(startedAt: number, nowMs: number, max: number): void {
    this.#roundEnded++;
    this.#roundMs += nowMs - startedAt;
    if (--this.#roundLeft > 0) return;
    const meanMs = this.#roundMs / this.#roundEnded;
    const isFlat = meanMs <= FLAT_RATIO * Math.min(this.#leastMs, this.#leastMsBefore);
    this.#unflatRounds = isFlat ? 0 : this.#unflatRounds + 1;
    if (!isFlat) this.#isSlowStart &&= this.#unflatRounds < UNFLAT_ROUNDS;
    if (this.#wasFull) this.#grow(isFlat, max);
    else if (this.#mostUnderWay <= this.#cap * UNUSED_SHARE) this.#cap = Math.max(Math.min(this.#cap, FIRST_CAP), this.#cap / 2);
    this.#noteLeast(meanMs, nowMs);
    this.#beginRound();
  }

  /** The destination said that it has too much, or said nothing in time. Requests that began before the last lowering lower it no further. */
  noteStrain(startedAt: number, nowMs: number, max: number): void {
    if (startedAt < this.#loweredAt) return;
    this.#loweredAt = nowMs;
    this.#isSlowStart = false;
    this.#cap = this.#provenCap = Math.max(1, Math.min(this.#cap, max) / 2);
    this.#beginRound();
  }

  /** The destination was away and is back: from the beginning. What was sent before tells nothing of how it is now. */
  reset(nowMs: number): void {
    this.#loweredAt = nowMs;
    this.#cap = this.#provenCap = FIRST_CAP;
    this.#isSlowStart = true;
    this.#leastMs = this.#leastMsBefore = Infinity;
    this.#unflatRounds = 0;
    this.#beginRound();
  }

  #grow(isFlat: boolean, max: number): void {
    if (this.#cap < this.#provenCap) this.#cap = Math.min(max, this.#provenCap, this.#cap * 2);
    else if (isFlat) this.#cap = Math.min(max, this.#isSlowStart ? this.#cap * 2 : this.#cap + Math.max(1, this.#cap * STEADY_GROWTH));
    this.#provenCap = Math.max(this.#provenCap, this.#cap);
  }

  #noteLeast(meanMs: number, nowMs: number): void {
    if (nowMs - this.#leastSince >= LEAST_MS) {
      this.#leastMsBefore = nowMs - this.#leastSince < 2 * LEAST_MS ? this.#leastMs : Infinity;
      this.#leastMs = Infinity;
      this.#leastSince = nowMs;
    }
    this.#leastMs = Math.min(this.#leastMs, meanMs);
  }

  #beginRound(): void {
    this.#roundLeft = Math.max(1, Math.floor(this.#cap));
    this.#roundEnded = 0;
    this.#roundMs = 0;
    this.#mostUnderWay = 0;
    this.#wasFull = false;
  }
}
