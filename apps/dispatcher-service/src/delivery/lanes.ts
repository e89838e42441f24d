import { Fifo } from '../fifo.js';
import type { Delivery } from './delivery.js';
import { InFlightCap } from './in-flight-cap.js';
import { Lane, RATE_MS } from './lane.js';

/** A lane without anything to do is forgotten after this time, in ms: what was learnt of its destination is then out of date. */
const FORGET_AFTER_MS = 10 * 60 * 1000;
/** What a destination without a lane may have under way. */
const UNKNOWN = new InFlightCap();

export interface LaneLimits {
  /** Most requests under way to one destination, over the whole deployment. */
  readonly perDestination: number;
  /** Most requests under way in this process: each holds a socket. */
  readonly total: number;
}

export interface LanesOptions extends LaneLimits {
  /** Begins the request and says true, or disposes of the delivery otherwise and says false; each true is followed by one {@link Lanes.finished}. */
  readonly start: (delivery: Delivery) => boolean;
  /** Live dispatchers: each takes its share of `perDestination`. */
  readonly members: () => number;
  /** Takes the right to one request of a callback: 0, or in how many ms it may have one. */
  readonly takeRate: (callbackId: number) => number;
  readonly monotonic: () => number;
}

/** How a request ended, as far as it tells how much its destination can take. */
export type Ending = 'answered' | 'strained' | 'failed';

/**
 * One lane per destination, with a cap that adapts. Below the cap what was admitted in order starts in order; above it, turns go round by
 * callback. A destination that hangs fills its own cap and delays nobody else.
 */
export class Lanes {
  readonly #lanes = new Map<string, Lane>();
  readonly #blocked = new Fifo<Lane>();
  readonly #timers = new Set<NodeJS.Timeout>();
  #inFlight = 0;
  /** Requests begun since the start. */
  started = 0;

  constructor(private readonly options: LanesOptions) {}

  get inFlight(): number {
    return this.#inFlight;
  }

  get size(): number {
    return this.#lanes.size;
  }

  /** @returns how many requests the destination may have under way from here. */
  capOf(destination: string): number {
    return (this.#lanes.get(destination)?.cap ?? UNKNOWN).within(this.#maxCap);
  }

  /** @returns how many destinations have something to do, and how many deliveries wait in all. */
  totals(): { readonly active: number; readonly waiting: number } {
    let active = 0;
    let waiting = 0;
    for (const lane of this.#lanes.values()) {
      if (lane.waiting + lane.inFlight > 0) active++;
      waiting += lane.waiting;
    }
    return { active, waiting };
  }

  /** @returns how many deliveries wait for the destination or are under way to it. */
  load(destination: string): number {
    const lane = this.#lanes.get(destination);
    return lane === undefined ? 0 : lane.waiting + lane.inFlight;
  }

  /** @returns how many of a callback's deliveries wait for the destination, at most. */
  waitingOf(destination: string, callbackId: number): number {
    return this.#lanes.get(destination)?.waitingOf(callbackId) ?? 0;
  }

  /** @returns whether what waits for the destination will have started within `withinMs`, at the rate of late; or it has only just begun. */
  isBrisk(destination: string, withinMs: number): boolean {
    const lane = this.#lanes.get(destination);
    if (lane === undefined || lane.inFlight === 0) return true;
    const nowMs = this.options.monotonic();
    return nowMs - lane.busySince < RATE_MS || lane.waiting * 1000 <= lane.rate(nowMs) * withinMs;
  }

  enqueue(delivery: Delivery): void {
    let lane = this.#lanes.get(delivery.destination);
    if (lane === undefined) this.#lanes.set(delivery.destination, (lane = new Lane(delivery.destination)));
    delivery.state = 'queued';
    delivery.lane = lane;
    lane.push(delivery);
    this.#pump(lane);
  }

  /** Takes a queued delivery out: it will not start from here. */
  remove(delivery: Delivery): void {
    if (delivery.state !== 'queued' || delivery.lane === null) return;
    const lane = delivery.lane;
    delivery.state = 'done';
    delivery.lane = null;
    lane.noteRemoved();
  }

  /** Hands everything that waits for the destination to `start` at once: a breaker opened, so all of it is disposed of. */
  flush(destination: string): void {
    const lane = this.#lanes.get(destination);
    if (lane === undefined || lane.pumping) return;
    lane.pumping = true;
    // No limit of rate is asked: nothing is sent, so nothing may be used up.
    lane.resumeAll();
    const may = (): number => 0;
    const never = (): void => undefined;
    for (let delivery = lane.shift(may, never); delivery !== undefined; delivery = lane.shift(may, never)) this.#start(lane, delivery);
    lane.pumping = false;
  }

  /** The destination was away and is back. */
  reset(destination: string): void {
    this.#lanes.get(destination)?.cap.reset(this.options.monotonic());
  }

  /** The request of a delivery that was started has ended. */
  finished(lane: Lane, ending: Ending, startedAt: number): void {
    const nowMs = this.options.monotonic();
    lane.inFlight--;
    this.#inFlight--;
    lane.noteFinished(nowMs);
    if (ending === 'answered') lane.cap.noteAnswer(startedAt, nowMs, this.#maxCap);
    else if (ending === 'strained') lane.cap.noteStrain(startedAt, nowMs, this.#maxCap);
    if (this.#blocked.size > 0) {
      this.#block(lane);
      this.#pumpBlocked();
    } else if (lane.waiting > 0) {
      this.#pump(lane);
    }
  }

  /** Forgets destinations that had nothing to do for long. */
  sweep(): void {
    const before = this.options.monotonic() - FORGET_AFTER_MS;
    for (const [destination, lane] of this.#lanes)
      if (lane.inFlight === 0 && lane.waiting === 0 && !lane.blocked && lane.busySince < before) this.#lanes.delete(destination);
  }

  stop(): void {
    for (const timer of this.#timers) clearTimeout(timer);
    this.#timers.clear();
  }

  get #maxCap(): number {
    return Math.max(1, Math.ceil(this.options.perDestination / Math.max(1, this.options.members())));
  }

  #pumpBlocked(): void {
    let turns = this.#blocked.size;
    while (turns-- > 0 && this.#inFlight < this.options.total) {
      const next = this.#blocked.shift()!;
      next.blocked = false;
      this.#pump(next);
    }
  }

  #pump(lane: Lane): void {
    if (lane.pumping) return;
    lane.pumping = true;
    while (lane.waiting > 0) {
      if (lane.inFlight >= lane.cap.within(this.#maxCap)) {
        lane.cap.noteFull();
        break;
      }
      if (this.#inFlight >= this.options.total) {
        this.#block(lane);
        break;
      }
      const delivery = this.#shift(lane);
      if (delivery === undefined) break;
      this.#start(lane, delivery);
    }
    lane.pumping = false;
  }

  #start(lane: Lane, delivery: Delivery): void {
    if (lane.inFlight++ === 0) lane.busySince = this.options.monotonic();
    this.#inFlight++;
    delivery.state = 'inFlight';
    if (this.options.start(delivery)) {
      lane.cap.noteStart(lane.inFlight);
      this.started++;
      return;
    }
    lane.inFlight--;
    this.#inFlight--;
    delivery.lane = null;
  }

  #shift(lane: Lane): Delivery | undefined {
    return lane.shift(this.options.takeRate, (callbackId, waitMs) => this.#resumeLater(lane, callbackId, waitMs));
  }

  #resumeLater(lane: Lane, callbackId: number, waitMs: number): void {
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      lane.resume(callbackId);
      this.#pump(lane);
    }, waitMs);
    this.#timers.add(timer);
  }

  #block(lane: Lane): void {
    if (lane.blocked || lane.waiting === 0) return;
    lane.blocked = true;
    this.#blocked.push(lane);
  }
}
