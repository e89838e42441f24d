import type { Admin } from 'kafkajs';
import { withDeadline } from './deadline.js';
import type { EventStream, KafkaClient } from './kafka.js';

/** What a partition holds: offsets from `low` to below `high`. */
export interface PartitionBounds {
  readonly low: number;
  readonly high: number;
}

const ANSWER_TIMEOUT_MS = 5_000;

/** Asks Kafka what a topic's partitions hold. Keeps one connection, and starts over with a new one after any error. */
export class TopicBounds {
  readonly #stream: EventStream;
  readonly #topic: string;
  #asking: Promise<Map<number, PartitionBounds>> | null = null;
  #connected: { client: KafkaClient; admin: Admin } | null = null;

  constructor(stream: EventStream, topic: string) {
    this.#stream = stream;
    this.#topic = topic;
  }

  /** Asked after this call; calls made in the same turn share one question. @throws when Kafka does not answer */
  read(): Promise<Map<number, PartitionBounds>> {
    if (this.#asking === null) {
      queueMicrotask(() => (this.#asking = null));
      this.#asking = this.#ask();
    }
    return this.#asking;
  }

  close(): void {
    this.#connected?.client.cutOff();
    this.#connected = null;
  }

  async #ask(): Promise<Map<number, PartitionBounds>> {
    const { client, admin } = (this.#connected ??= this.#open());
    try {
      // `connect` does nothing while connected.
      await withDeadline(admin.connect(), ANSWER_TIMEOUT_MS, 'connecting to Kafka');
      const partitions = await withDeadline(admin.fetchTopicOffsets(this.#topic), ANSWER_TIMEOUT_MS, 'a question for offsets');
      return new Map(partitions.map(({ partition, low, high }) => [partition, { low: Number(low), high: Number(high) }]));
    } catch (error) {
      client.cutOff();
      if (this.#connected?.client === client) this.#connected = null;
      throw error;
    }
  }

  #open(): { client: KafkaClient; admin: Admin } {
    const client = this.#stream.client();
    return { client, admin: client.kafka.admin() };
  }
}
