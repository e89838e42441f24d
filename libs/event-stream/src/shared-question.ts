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
    const asker = Promise.withResolvers<T>();
    this.#begin(asker);
    return asker.promise;
  }

  #begin(asker: PromiseWithResolvers<T>): void {
    this.#isAsking = true;
    this.#ask().then(
      (answer) => {
        this.#goOn();
        asker.resolve(answer);
      },
      (error: unknown) => {
        this.#goOn();
        asker.reject(error);
      },
    );
  }

  #goOn(): void {
    const next = this.#next;
    this.#next = null;
    this.#isAsking = false;
    if (next !== null) this.#begin(next);
  }
}
