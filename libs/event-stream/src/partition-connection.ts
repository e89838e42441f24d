import type { Cluster } from 'kafkajs';
import { withDeadline } from './deadline.js';
import { EventStreamError } from './event-stream-error.js';
import { fetchBatches, type FetchAnswer, type FetchRequest } from './fetch-protocol.js';
import type { EventStream, KafkaClient } from './kafka.js';

const PARTITION = 0;

/**
 * Partition 0 of a topic of one partition, without a consumer group: what every process reads whole, from the beginning and by its own
 * position, has nothing to share out, to commit or to rebalance, and a group would add seconds to each start and rejoins to each hiccup.
 *
 * kafkajs has no such consumer. But it hands its cluster and brokers to partition assigners (in its public types), so an assigner that
 * only remembers the cluster is the way in. One instance is one attempt: after any error it is closed and
 * another is opened.
 */
export class PartitionConnection {
  readonly #client: KafkaClient;
  readonly #cluster: Cluster;
  readonly #topic: string;
  readonly #requestTimeoutMs: number;

  private constructor(client: KafkaClient, cluster: Cluster, topic: string, requestTimeoutMs: number) {
    this.#client = client;
    this.#cluster = cluster;
    this.#topic = topic;
    this.#requestTimeoutMs = requestTimeoutMs;
  }

  /** @throws {EventStreamError} `TOPIC_MISMATCH` when it has more than one partition, else `KAFKA_UNAVAILABLE` (also while there is no such topic) */
  static async open(stream: EventStream, topic: string, requestTimeoutMs: number): Promise<PartitionConnection> {
    const client = stream.client({ requestTimeoutMs, connectionTimeoutMs: requestTimeoutMs });
    try {
      const cluster = clusterOf(client, stream.clientId);
      const partitions = await withDeadline(
        (async () => {
          await cluster.connect();
          await cluster.addTargetTopic(topic);
          return cluster.findTopicPartitionMetadata(topic).length;
        })(),
        2 * requestTimeoutMs,
        'connecting a reader',
      );
      if (partitions === 0) throw new EventStreamError('KAFKA_UNAVAILABLE', `topic ${topic} has no partition yet`);
      if (partitions > 1)
        throw new EventStreamError('TOPIC_MISMATCH', `topic ${topic} has ${partitions} partitions where its total order needs one`);
      return new PartitionConnection(client, cluster, topic, requestTimeoutMs);
    } catch (cause) {
      client.cutOff();
      throw asUnavailable(cause);
    }
  }

  /** @returns the end offset: of the record that comes next. @throws {EventStreamError} `KAFKA_UNAVAILABLE` */
  endOffset(): Promise<number> {
    return this.#offset(false);
  }

  /** @returns the lowest offset there is. @throws {EventStreamError} `KAFKA_UNAVAILABLE` */
  beginOffset(): Promise<number> {
    return this.#offset(true);
  }

  /** @returns `out-of-range` when the topic begins above or ends below the offset. @throws {EventStreamError} `KAFKA_UNAVAILABLE` */
  async fetch(request: Omit<FetchRequest, 'topic'>): Promise<FetchAnswer | 'out-of-range'> {
    try {
      const broker = await this.#leader();
      const fetching = fetchBatches(broker, { ...request, topic: this.#topic });
      return await withDeadline(fetching, this.#requestTimeoutMs + request.maxWaitMs, 'a fetch');
    } catch (cause) {
      if (cause instanceof Error && cause.name === 'KafkaJSOffsetOutOfRange') return 'out-of-range';
      throw asUnavailable(cause);
    }
  }

  close(): void {
    this.#client.cutOff();
  }

  async #offset(fromBeginning: boolean): Promise<number> {
    try {
      const request = [{ topic: this.#topic, fromBeginning, partitions: [{ partition: PARTITION }] }];
      const answer = await withDeadline(this.#cluster.fetchTopicsOffset(request), this.#requestTimeoutMs, 'a question for an offset');
      const offset = answer[0]?.partitions[0]?.offset;
      if (offset === undefined) throw new EventStreamError('KAFKA_UNAVAILABLE', 'the answer holds no offset');
      return Number(offset);
    } catch (cause) {
      throw asUnavailable(cause);
    }
  }

  #leader() {
    const [nodeId] = Object.keys(this.#cluster.findLeaderForPartitions(this.#topic, [PARTITION]));
    if (nodeId === undefined) throw new EventStreamError('KAFKA_UNAVAILABLE', `topic ${this.#topic} has no leader`);
    return withDeadline(this.#cluster.findBroker({ nodeId }), this.#requestTimeoutMs, 'connecting to the leader');
  }
}

function clusterOf({ kafka }: KafkaClient, clientId: string): Cluster {
  let found: Cluster | undefined;
  kafka.consumer({
    groupId: `${clientId}-unused`,
    allowAutoTopicCreation: false,
    readUncommitted: true,
    partitionAssigners: [
      ({ cluster }) => {
        found = cluster;
        return { name: 'none', version: 0, assign: async () => [], protocol: () => ({ name: 'none', metadata: Buffer.alloc(0) }) };
      },
    ],
  });
  if (found === undefined) throw new Error('kafkajs no longer builds its assigners with the consumer');
  return found;
}

function asUnavailable(cause: unknown): EventStreamError {
  if (cause instanceof EventStreamError) return cause;
  return new EventStreamError('KAFKA_UNAVAILABLE', `Kafka does not answer: ${cause instanceof Error ? cause.message : String(cause)}`, {
    cause,
  });
}
