import { Fifo } from '../fifo.js';
import { SlotMap } from '../slot-map.js';
import type { Delivery } from './delivery.js';
import { InFlightCap } from './in-flight-cap.js';

/** Over this time, and the same again before it, rates are measured. */
export const RATE_MS = 250;

/** One callback's deliveries in a lane, in the order in which they were admitted. */
interface Turn {
  readonly callbackId: number;
  readonly queue: Fifo<Delivery>;
  /** Waits for its rate limit: the lane's ring does not have it. */
  limited: boolean;
}

/** What waits for, and what is under way to, one destination. Its callbacks take turns. */
export class Lane {
  readonly cap = new InFlightCap();
  readonly #turns = new SlotMap<number, Turn>();
  readonly #ring = new Fifo<Turn>();
  /** Queued and still to be sent. */
  waiting = 0;
  inFlight = 0;
  /** Has deliveries to start, and room of its own, but the process has none. */
  blocked = false;
  pumping = false;
  /** Since when something has been under way without a break. Monotonic ms. */
  busySince = 0;
  #rateSince = 0;
  #finished = 0;
  #finishedBefore = 0;

  constructor(readonly destination: string) {}

  push(delivery: Delivery): void {
    let turn = this.#turns.get(delivery.callbackId);
    if (turn === undefined) {
      turn = { callbackId: delivery.callbackId, queue: new Fifo(), limited: false };
      this.#turns.set(delivery.callbackId, turn);
      this.#ring.push(turn);
    }
    turn.queue.push(delivery);
    this.waiting++;
  }

  /**
   * Takes the next delivery whose callback's turn it is.
   * @param mayStart 0 when the callback may send now; else in how many ms it may: it is passed over until {@link resume}
   * @param onLimited told of each callback that is passed over
   */
  shift(mayStart: (callbackId: number) => number, onLimited: (callbackId: number, waitMs: number) => void): Delivery | undefined {
    for (let turn = this.#ring.shift(); turn !== undefined; turn = this.#ring.shift()) {
      this.#skipRemoved(turn.queue);
      if (turn.queue.size === 0) {
        this.#turns.delete(turn.callbackId);
        continue;
      }
      const waitMs = mayStart(turn.callbackId);
      if (waitMs > 0) {
        turn.limited = true;
        onLimited(turn.callbackId, waitMs);
        continue;
      }
      const delivery = turn.queue.shift()!;
      if (turn.queue.size === 0) this.#turns.delete(turn.callbackId);
      else this.#ring.push(turn);
      this.waiting--;
      return delivery;
    }
    return undefined;
  }

  /** The callback's rate limit lets it send again. */
  resume(callbackId: number): void {
    const turn = this.#turns.get(callbackId);
    if (turn === undefined || !turn.limited) return;
    turn.limited = false;
    this.#ring.push(turn);
  }

  /** No limit of rate is in the way of any callback. */
  resumeAll(): void {
    for (const { callbackId } of this.#turns.values()) this.resume(callbackId);
  }

  /** How many of a callback's deliveries wait here, those included that were taken out since. */
  waitingOf(callbackId: number): number {
    return this.#turns.get(callbackId)?.queue.size ?? 0;
  }

  /** A queued delivery was taken out; its place is skipped when its turn comes. */
  noteRemoved(): void {
    this.waiting--;
    if (this.waiting > 0) return;
    this.#turns.clear();
    this.#ring.clear();
  }

  noteFinished(nowMs: number): void {
    this.#turnRate(nowMs);
    this.#finished++;
  }

  /** @returns how many requests ended lately, per second. */
  rate(nowMs: number): number {
    this.#turnRate(nowMs);
    return ((this.#finished + this.#finishedBefore) * 1000) / (RATE_MS + nowMs - this.#rateSince);
  }

  #skipRemoved(queue: Fifo<Delivery>): void {
    for (let head = queue.peek(); head !== undefined; head = queue.peek()) {
      if (head.state === 'queued' && head.lane === this) return;
      queue.shift();
    }
  }

  #turnRate(nowMs: number): void {
    const sinceMs = nowMs - this.#rateSince;
    if (sinceMs < RATE_MS) return;
    this.#finishedBefore = sinceMs < 2 * RATE_MS ? this.#finished : 0;
    this.#finished = 0;
    this.#rateSince = nowMs;
  }
}
