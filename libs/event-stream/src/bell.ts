/** What one loop sleeps on: it wakes when the bell is rung or the time is over. A ring while nobody waits is kept for the next wait. */
export class Bell {
  #isRung = false;
  #wake: (() => void) | null = null;

  ring(): void {
    this.#isRung = true;
    this.#wake?.();
  }

  /** Resolves at once when it was rung since the last wait. One waiter at a time. */
  async wait(timeoutMs: number): Promise<void> {
    if (!this.#isRung && timeoutMs > 0)
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, timeoutMs);
        this.#wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    this.#wake = null;
    this.#isRung = false;
  }
}
