/** How often a long step says that it is still at work, in ms. */
const STILL_MS = 5_000;

/** Says what is being done, for how long, and that it is done. Whole lines only, so that it reads the same in a terminal and in a log. */
export class Progress {
  constructor(private readonly print: (line: string) => void) {}

  /**
   * @param what e.g. `PostgreSQL`
   * @param describe what its line says once it is done, beside the time it took
   */
  async step<T>(what: string, work: () => Promise<T>, describe: (result: T) => string = () => ''): Promise<T> {
    const startedAt = performance.now();
    const elapsed = () => ((performance.now() - startedAt) / 1000).toFixed(1);
    const timer = setInterval(() => this.print(`  … ${what}, ${elapsed()} s`), STILL_MS);
    try {
      const result = await work();
      const description = describe(result);
      this.print(`  ✓ ${what}${description === '' ? '' : ` ${description}`} (${elapsed()} s)`);
      return result;
    } finally {
      clearInterval(timer);
    }
  }

  say(line: string): void {
    this.print(line);
  }
}
