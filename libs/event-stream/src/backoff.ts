/** How long to wait before the next try: doubling from the first pause to the longest, until a success. */
export class Backoff {
  readonly #firstMs: number;
  readonly #maxMs: number;
  #nextMs: number;

  constructor({ firstMs, maxMs }: { firstMs: number; maxMs: number }) {
    this.#firstMs = firstMs;
    this.#maxMs = maxMs;
    this.#nextMs = firstMs;
  }

  /** @returns the pause before the next try, in ms. */
  failed(): number {
    const pauseMs = this.#nextMs;
    this.#nextMs = Math.min(this.#maxMs, this.#nextMs * 2);
    return pauseMs;
  }

  succeeded(): void {
    this.#nextMs = this.#firstMs;
  }
}
