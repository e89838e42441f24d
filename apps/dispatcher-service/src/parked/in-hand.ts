import type { Delivery } from '../delivery/delivery.js';

/** The parked deliveries that this process has claimed, bounded over all and per destination. */
export class InHand {
  readonly #deliveries = new Set<Delivery>();
  readonly #perDestination = new Map<string, number>();

  /**
   * @param max of all destinations
   * @param maxOf of one: enough that its lane never runs dry between two claims
   */
  constructor(
    private readonly max: number,
    private readonly maxOf: (destination: string) => number,
  ) {}

  get size(): number {
    return this.#deliveries.size;
  }

  get room(): number {
    return this.max - this.#deliveries.size;
  }

  /** @returns how many more one destination may have: at most half of what the others leave, so that there is room for one more that hangs. */
  roomFor(destination: string): number {
    const held = this.#perDestination.get(destination) ?? 0;
    return Math.min(this.maxOf(destination), Math.ceil((this.room + held) / 2)) - held;
  }

  fullDestinations(): string[] {
    return [...this.#perDestination.keys()].filter((destination) => this.roomFor(destination) <= 0);
  }

  add(delivery: Delivery): void {
    this.#deliveries.add(delivery);
    this.#perDestination.set(delivery.destination, (this.#perDestination.get(delivery.destination) ?? 0) + 1);
  }

  /** @returns whether it was one of them. */
  delete(delivery: Delivery): boolean {
    if (!this.#deliveries.delete(delivery)) return false;
    const left = this.#perDestination.get(delivery.destination)! - 1;
    if (left === 0) this.#perDestination.delete(delivery.destination);
    else this.#perDestination.set(delivery.destination, left);
    return true;
  }

  [Symbol.iterator](): IterableIterator<Delivery> {
    return this.#deliveries.values();
  }
}
