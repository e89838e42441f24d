import type { Producer, TopicMessages } from 'kafkajs';
import { withDeadline } from './deadline.js';
import { EventStreamError, kafkaErrorType } from './event-stream-error.js';
import type { EventStream, KafkaClient } from './kafka.js';
import { createPartitioner } from './partition-of.js';

export interface OutgoingRecord {
  /** Full name, prefix included. */
  topic: string;
  /** Decides the partition, as Java's client does (murmur2). */
  key: string;
  /** null: a tombstone. */
  value: Buffer | null;
  headers?: Record<string, string>;
}

export interface PublisherOptions {
  /** How long Kafka may take to acknowledge, in ms; after that the producer is replaced. Default 5,000. */
  requestTimeoutMs?: number;
}

/** Kafka's answers that no repetition changes. https://kafka.apache.org/protocol#protocol_error_codes */
const REFUSALS = new Set([
  'MESSAGE_TOO_LARGE',
  'RECORD_LIST_TOO_LARGE',
  'INVALID_RECORD',
  'INVALID_TIMESTAMP',
  'INVALID_TOPIC_EXCEPTION',
  'UNSUPPORTED_FOR_MESSAGE_FORMAT',
]);

interface Connected {
  readonly client: KafkaClient;
  readonly producer: Producer;
}

/**
 * Sends records and waits for all in-sync replicas (acks=all). Neither retries nor queues: after an error nothing is known about what
 * Kafka took, and repeating all of it in the same order is the caller's part. The producer is not idempotent (kafkajs' wedges after a
 * timeout); after any error but a refusal it is replaced by a new one with new connections, so that no answer of before can reach it.
 */
export class Publisher {
  readonly #stream: EventStream;
  readonly #requestTimeoutMs: number;
  #connected: Connected | null = null;
  #connecting: Promise<Connected> | null = null;
  #isClosed = false;

  constructor(stream: EventStream, { requestTimeoutMs = 5_000 }: PublisherOptions = {}) {
    this.#stream = stream;
    this.#requestTimeoutMs = requestTimeoutMs;
  }

  /** Optional: `send` connects by itself. @throws {EventStreamError} `KAFKA_UNAVAILABLE` */
  async connect(): Promise<void> {
    await this.#connection();
  }

  /**
   * All records of one call go out in one request per broker, those of one topic in the order given. All records for one partition make
   * one batch: Kafka measures the batch, not the record, by the topic's `max.message.bytes`.
   * @throws {EventStreamError} `RECORDS_REFUSED` when Kafka will never take one of them (others may have been taken), else `KAFKA_UNAVAILABLE`
   */
  async send(records: readonly OutgoingRecord[]): Promise<void> {
    if (records.length === 0) return;
    const connected = await this.#connection();
    try {
      const sending = connected.producer.sendBatch({ acks: -1, timeout: this.#requestTimeoutMs, topicMessages: byTopic(records) });
      // Twice: a fresh producer asks for metadata before it sends.
      await withDeadline(sending, 2 * this.#requestTimeoutMs, 'a produce request');
    } catch (cause) {
      const type = kafkaErrorType(cause);
      if (type !== null && REFUSALS.has(type)) throw new EventStreamError('RECORDS_REFUSED', `Kafka refuses: ${type}`, { cause });
      this.#replace(connected);
      throw unavailable(cause);
    }
  }

  /** Ends the connections; what is in flight fails. Nothing can be sent afterwards. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#connecting?.catch(() => null);
    this.#connected?.client.cutOff();
    this.#connected = null;
  }

  async #connection(): Promise<Connected> {
    if (this.#isClosed) throw new EventStreamError('KAFKA_UNAVAILABLE', 'the publisher is closed');
    if (this.#connected !== null) return this.#connected;
    this.#connecting ??= this.#open().finally(() => (this.#connecting = null));
    this.#connected = await this.#connecting;
    return this.#connected;
  }

  async #open(): Promise<Connected> {
    const client = this.#stream.client({ requestTimeoutMs: this.#requestTimeoutMs });
    // Topics are provisioned, never made up on the way.
    const producer = client.kafka.producer({ createPartitioner, allowAutoTopicCreation: false });
    try {
      await withDeadline(producer.connect(), 2 * this.#requestTimeoutMs, 'connecting a producer');
      return { client, producer };
    } catch (cause) {
      client.cutOff();
      throw unavailable(cause);
    }
  }

  #replace({ client }: Connected): void {
    client.cutOff();
    if (this.#connected?.client === client) this.#connected = null;
  }
}

function unavailable(cause: unknown): EventStreamError {
  if (cause instanceof EventStreamError) return cause;
  return new EventStreamError('KAFKA_UNAVAILABLE', `Kafka did not acknowledge: ${cause instanceof Error ? cause.message : String(cause)}`, {
    cause,
  });
}

function byTopic(records: readonly OutgoingRecord[]): TopicMessages[] {
  const topics = new Map<string, TopicMessages>();
  for (const { topic, key, value, headers } of records) {
    let entry = topics.get(topic);
    if (entry === undefined) topics.set(topic, (entry = { topic, messages: [] }));
    entry.messages.push(headers === undefined ? { key, value } : { key, value, headers });
  }
  return [...topics.values()];
}
