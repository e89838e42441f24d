/** How long work may hold up the requests of its process at a time, in ms. */
const STRETCH_MS = 5;

/** Long work on the event loop, in stretches. */
export class Breather {
  #since = performance.now();

  /** To be awaited between two small pieces of work: lets others have their turn once a stretch is over. */
  async pause(): Promise<void> {
    if (performance.now() - this.#since < STRETCH_MS) return;
    await new Promise((resolve) => setImmediate(resolve));
    this.#since = performance.now();
  }
}
