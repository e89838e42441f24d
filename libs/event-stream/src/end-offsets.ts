import { withDeadline } from './deadline.js';
import { EventStreamError } from './event-stream-error.js';
import type { EventStream } from './kafka.js';

/**
 * Asks Kafka where a topic's partitions end, over a connection for this question only: for what is asked now and then.
 * @returns by partition, the offset of the record that comes next
 * @throws {EventStreamError} `KAFKA_UNAVAILABLE` when there is no answer within `timeoutMs`, or no such topic
 */
export async function endOffsets(
  stream: EventStream,
  topic: string,
  { timeoutMs }: { timeoutMs: number },
): Promise<ReadonlyMap<number, number>> {
  const client = stream.client({ requestTimeoutMs: timeoutMs, connectionTimeoutMs: timeoutMs });
  try {
    const admin = client.kafka.admin();
    const asking = admin.connect().then(() => admin.fetchTopicOffsets(topic));
    const partitions = await withDeadline(asking, timeoutMs, `a question for the end of ${topic}`);
    return new Map(partitions.map(({ partition, high }) => [partition, Number(high)]));
  } catch (cause) {
    if (cause instanceof EventStreamError) throw cause;
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new EventStreamError('KAFKA_UNAVAILABLE', `Kafka does not say where ${topic} ends: ${why}`, { cause });
  } finally {
    client.cutOff();
  }
}
