/**
 * Asks for all who want to know. Everyone is served by a question that was asked after they came: whoever comes while one is under way
 * shares the next with all the others who come meanwhile, never the one under way.
 */
export class SharedQuestion<T> {
  readonly #ask: () => Promise<T>;
  #isAsking = false;
  #next: PromiseWithResolvers<T> | null = null;

  constructor(ask: () => Promise<T>) {
    this.#ask = ask;
  }

  /** Rejects as the question does. */
  ask(): Promise<T> {
    if (this.#isAsking) return (this.#next ??= Promise.withResolvers<T>()).promise;
    const first = Promise.withResolvers<T>();
    void this.#run(first);
    return first.promise;
  }

  async #run(first: PromiseWithResolvers<T>): Promise<void> {
    this.#isAsking = true;
    for (let asker: PromiseWithResolvers<T> | null = first; asker !== null; asker = this.#next, this.#next = null)
      await this.#ask().then(asker.resolve, asker.reject);
    this.#isAsking = false;
  }
}
