import type { Delivery } from '../delivery/delivery.js';
import { SlotMap } from '../slot-map.js';

export interface WindowLimits {
  /** Most deliveries between Kafka and their recording. */
  readonly deliveries: number;
  /** Most bytes of events behind them. */
  readonly bytes: number;
  /** Most deliveries of one destination, as a share of `deliveries`. */
  readonly destinationShare: number;
}

/**
 * What was read ahead from Kafka and is not recorded yet, bounded, and every delivery that this process has in hand by its id: nothing is
 * in hand twice.
 */
export class Window {
  readonly #byId = new SlotMap<string, Delivery>();
  readonly #byDestination = new Map<string, number>();
  #held = 0;
  #bytes = 0;

  constructor(private readonly limits: WindowLimits) {}

  get(id: string): Delivery | undefined {
    return this.#byId.get(id);
  }

  /** All deliveries in hand, parked ones too. */
  get size(): number {
    return this.#byId.size;
  }

  /** @returns all deliveries in hand. */
  values(): IterableIterator<Delivery> {
    return this.#byId.values();
  }

  /** Deliveries that take up room. */
  get held(): number {
    return this.#held;
  }

  get free(): number {
    return this.limits.deliveries - this.#held;
  }

  get capacity(): number {
    return this.limits.deliveries;
  }

  /** @returns whether there is room for an event's bytes; one event always fits in an empty window. */
  hasBytesFor(bytes: number): boolean {
    return this.#bytes === 0 || this.#bytes + bytes <= this.limits.bytes;
  }

  /** @returns whether the destination has more than its share of the window. */
  isShareFull(destination: string): boolean {
    return (this.#byDestination.get(destination) ?? 0) > this.limits.deliveries * this.limits.destinationShare;
  }

  holdBytes(event: { bytes: number }): void {
    this.#bytes += event.bytes;
  }

  /** Once for each event: what is left of it takes up no bytes. */
  releaseBytes(event: { bytes: number }): void {
    this.#bytes -= event.bytes;
    event.bytes = 0;
  }

  /** A delivery of an event takes up room until it is recorded. */
  hold(delivery: Delivery): void {
    this.#byId.set(delivery.id, delivery);
    delivery.held = true;
    this.#held++;
    this.#byDestination.set(delivery.destination, (this.#byDestination.get(delivery.destination) ?? 0) + 1);
  }

  /** Its room, if it has any, is free again; it stays in hand. */
  release(delivery: Delivery): void {
    if (!delivery.held) return;
    delivery.held = false;
    this.#held--;
    const left = this.#byDestination.get(delivery.destination)! - 1;
    if (left === 0) this.#byDestination.delete(delivery.destination);
    else this.#byDestination.set(delivery.destination, left);
  }

  /** A delivery from the parked store is in hand; it takes up no room here. */
  take(delivery: Delivery): void {
    this.#byId.set(delivery.id, delivery);
  }

  letGo(delivery: Delivery): void {
    if (this.#byId.get(delivery.id) === delivery) this.#byId.delete(delivery.id);
  }
}
