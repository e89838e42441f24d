import { Fifo } from '../fifo.js';
import type { Delivery } from './delivery.js';

/** What waits for, and what is under way to, one destination. */
export class Lane {
  readonly queue = new Fifo<Delivery>();
  /** In the queue and still to be sent. */
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

  noteFinished(nowMs: number): void {
    this.#turnRate(nowMs);
    this.#finished++;
  }

  /** @returns how many requests ended lately, per second. */
  rate(nowMs: number): number {
    this.#turnRate(nowMs);
    return ((this.#finished + this.#finishedBefore) * 1000) / (RATE_MS + nowMs - this.#rateSince);
  }

  #turnRate(nowMs: number): void {
    const sinceMs = nowMs - this.#rateSince;
    if (sinceMs < RATE_MS) return;
    this.#finishedBefore = sinceMs < 2 * RATE_MS ? this.#finished : 0;
    this.#finished = 0;
    this.#rateSince = nowMs;
  }
}

/** Over this time, and the same again before it, rates are measured. */
const RATE_MS = 250;

export interface LaneLimits {
  /** Most requests under way to one destination. */
  readonly perDestination: number;
  /** Most requests under way in this process: each holds a socket. */
  readonly total: number;
}

/**
 * One lane per destination: first come, first served, so that what was admitted in order starts in order. `start` begins the request and
 * says true, or disposes of the delivery otherwise and says false; each `true` is followed by one {@link Lanes.finished}.
 */
export class Lanes {
  readonly #lanes = new Map<string, Lane>();
  readonly #blocked = new Fifo<Lane>();
  #inFlight = 0;

  constructor(
    private readonly limits: LaneLimits,
    private readonly start: (delivery: Delivery) => boolean,
    private readonly monotonic: () => number,
  ) {}

  get inFlight(): number {
    return this.#inFlight;
  }

  /** @returns how many deliveries wait for the destination or are under way to it. */
  load(destination: string): number {
    const lane = this.#lanes.get(destination);
    return lane === undefined ? 0 : lane.waiting + lane.inFlight;
  }

  /** @returns whether what waits for the destination will have started within `withinMs`, at the rate of late; or it has only just begun. */
  isBrisk(destination: string, withinMs: number): boolean {
    const lane = this.#lanes.get(destination);
    if (lane === undefined || lane.inFlight === 0) return true;
    const nowMs = this.monotonic();
    return nowMs - lane.busySince < RATE_MS || lane.waiting * 1000 <= lane.rate(nowMs) * withinMs;
  }

  enqueue(delivery: Delivery): void {
    let lane = this.#lanes.get(delivery.destination);
    if (lane === undefined) this.#lanes.set(delivery.destination, (lane = new Lane(delivery.destination)));
    delivery.state = 'queued';
    delivery.lane = lane;
    lane.queue.push(delivery);
    lane.waiting++;
    this.#pump(lane);
  }

  /** Takes a queued delivery out: it will not start from here. */
  remove(delivery: Delivery): void {
    if (delivery.state !== 'queued' || delivery.lane === null) return;
    const lane = delivery.lane;
    delivery.state = 'done';
    delivery.lane = null;
    lane.waiting--;
    // Its place in the queue is skipped when its turn comes; a queue of nothing else is forgotten here.
    if (lane.waiting === 0) lane.queue.clear();
    this.#forgetIfIdle(lane);
  }

  /** The request of a delivery that was started has ended. */
  finished(lane: Lane): void {
    lane.inFlight--;
    this.#inFlight--;
    lane.noteFinished(this.monotonic());
    if (this.#blocked.size > 0) {
      this.#block(lane);
      this.#pumpBlocked();
    } else {
      this.#pump(lane);
    }
    this.#forgetIfIdle(lane);
  }

  #pumpBlocked(): void {
    let turns = this.#blocked.size;
    while (turns-- > 0 && this.#inFlight < this.limits.total) {
      const next = this.#blocked.shift()!;
      next.blocked = false;
      this.#pump(next);
    }
  }

  #pump(lane: Lane): void {
    if (lane.pumping) return;
    lane.pumping = true;
    while (lane.waiting > 0 && lane.inFlight < this.limits.perDestination) {
      if (this.#inFlight >= this.limits.total) {
        this.#block(lane);
        break;
      }
      const delivery = lane.queue.shift();
      if (delivery === undefined) break;
      if (delivery.state !== 'queued' || delivery.lane !== lane) continue;
      lane.waiting--;
      if (lane.inFlight++ === 0) lane.busySince = this.monotonic();
      this.#inFlight++;
      delivery.state = 'inFlight';
      if (!this.start(delivery)) {
        lane.inFlight--;
        this.#inFlight--;
        delivery.lane = null;
      }
    }
    lane.pumping = false;
    this.#forgetIfIdle(lane);
  }

  #block(lane: Lane): void {
    if (lane.blocked || lane.waiting === 0) return;
    lane.blocked = true;
    this.#blocked.push(lane);
  }

  #forgetIfIdle(lane: Lane): void {
    if (lane.inFlight === 0 && lane.waiting === 0 && !lane.blocked && !lane.pumping) this.#lanes.delete(lane.destination);
  }
}
