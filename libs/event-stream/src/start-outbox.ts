import type { EventStream } from './kafka.js';
import { OutboxRelay, type OutboxRelayOptions } from './outbox-relay.js';
import { Publisher } from './publisher.js';

export interface StartOutboxOptions extends Omit<OutboxRelayOptions, 'publisher'> {
  readonly stream: EventStream;
}

/**
 * Starts what publishes a service's outbox: a relay with a producer of its own. It waits for PostgreSQL and Kafka by itself.
 * @param onStop told how to stop each; the later one first
 */
export function startOutbox(
  { stream, ...options }: StartOutboxOptions,
  onStop: (name: string, stop: () => Promise<void>) => void,
): OutboxRelay {
  const publisher = new Publisher(stream);
  onStop('publisher', () => publisher.close());
  const relay = new OutboxRelay({ ...options, publisher });
  relay.start();
  onStop('relay', () => relay.stop());
  return relay;
}
