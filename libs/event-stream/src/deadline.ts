import { EventStreamError } from './event-stream-error.js';

/**
 * Kafka clients have ways to wait for ever (a lock, a queue on a dead connection); nothing here waits on them without this.
 * @throws {EventStreamError} `KAFKA_UNAVAILABLE` when the time is over; the work itself is left to its own end.
 */
export async function withDeadline<T>(work: Promise<T>, timeoutMs: number, what: string): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const expiry = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new EventStreamError('KAFKA_UNAVAILABLE', `${what} had no answer for ${timeoutMs} ms`)), timeoutMs);
  });
  try {
    return await Promise.race([work, expiry]);
  } finally {
    clearTimeout(timer);
  }
}
