import { setTimeout as delay } from 'node:timers/promises';

/**
 * Waits for a condition: asks again until `check` neither throws nor returns something falsy, and returns what it gave.
 * @throws what the last `check` threw, or an error that says so, after `timeoutMs` (30 s: a busy machine is slow, and a condition that comes true ends the wait).
 */
export async function eventually<T>(check: () => T | Promise<T>, o: { timeoutMs?: number; intervalMs?: number } = {}): Promise<T> {
  const { timeoutMs = 30_000, intervalMs = 25 } = o;
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    let failure: unknown;
    try {
      const value = await check();
      if (value) return value;
      failure = new Error(`still ${String(value)} after ${timeoutMs} ms`);
    } catch (error) {
      failure = error;
    }
    if (performance.now() >= deadline) throw failure;
    await delay(intervalMs);
  }
}
