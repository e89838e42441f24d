/**
 * What can go wrong on the way to or from Kafka. `code` is stable:
 * - `KAFKA_UNAVAILABLE`: no answer, or one that a later try may better; nothing is known about what was sent
 * - `RECORDS_REFUSED`: Kafka will never take at least one of these records (too large, invalid)
 * - `TOPIC_MISMATCH`: the topic is not what its readers rely on (number of partitions)
 * - `TOPIC_BEGUN_ANEW`: the topic ends below, or begins above, what was already read of it
 * - `RECORD_HANDLER_FAILED`: the code that was given a record threw
 * - `LEASE_LOST`: a partition has another owner, so its progress may not be moved
 * - `NOTHING_RECORDED`: a handler returned without recording its batch, or not all of it
 * - `WORKER_FAILED`: the code that works a partition threw
 * - `CONSUMER_CRASHED`: kafkajs gave up, and not because Kafka is away
 * - `HANDLERS_MISMATCH`: subscriptions and `@EventPattern` handlers do not pair off
 */
export class EventStreamError extends Error {
  override readonly name = 'EventStreamError';
  readonly code: string;

  constructor(code: string, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.code = code;
  }
}

/** @returns the type of the protocol error (`MESSAGE_TOO_LARGE`…) anywhere in the chain of causes, else null. */
export function kafkaErrorType(error: unknown): string | null {
  for (let at = error, depth = 0; at instanceof Error && depth < 10; at = at.cause, depth++) {
    const { type } = at as { type?: unknown };
    if (typeof type === 'string') return type;
  }
  return null;
}
