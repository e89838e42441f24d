/**
 * Redeliveries that were paused or cancelled and may have deliveries in hand here: asked before each request of a redelivery. A process
 * hears of them at once when it is asked itself, else within half a second.
 */
export class StoppedRedeliveries {
  #ids = new Set<string>();

  has(redeliveryId: string): boolean {
    return this.#ids.has(redeliveryId);
  }

  add(redeliveryId: string): void {
    this.#ids.add(redeliveryId);
  }

  /** Takes in how all that are unfinished stand. */
  replace(redeliveryIds: Iterable<string>): void {
    this.#ids = new Set(redeliveryIds);
  }
}
