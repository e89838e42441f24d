/** Length of a slot, in ms: late answers at a fraction of what a timer each would cost. */
const SLOT_MS = 2;
const SLOTS = 2_048;

/** Runs things later, to 2 ms, at most 4 s ahead. */
export class Delays {
  readonly #slots: (() => void)[][] = Array.from({ length: SLOTS }, () => []);
  #waiting = 0;
  #slot = 0;
  #timer: NodeJS.Timeout | null = null;
  #slotAt = 0;

  after(delayMs: number, run: () => void): void {
    if (this.#timer === null) {
      this.#slotAt = performance.now();
      this.#timer = setInterval(() => this.#turn(), SLOT_MS);
    }
    const ahead = Math.max(1, Math.min(SLOTS - 1, Math.round((performance.now() + delayMs - this.#slotAt) / SLOT_MS)));
    this.#slots[(this.#slot + ahead) % SLOTS]!.push(run);
    this.#waiting++;
  }

  #turn(): void {
    const now = performance.now();
    while (this.#slotAt + SLOT_MS <= now) {
      this.#slotAt += SLOT_MS;
      this.#slot = (this.#slot + 1) % SLOTS;
      const due = this.#slots[this.#slot]!;
      if (due.length === 0) continue;
      this.#slots[this.#slot] = [];
      this.#waiting -= due.length;
      for (const run of due) run();
    }
    if (this.#waiting === 0 && this.#timer !== null) {
      clearInterval(this.#timer);
      this.#timer = null;
    }
  }
}
