import { BaseRpcContext, type CustomTransportStrategy, Server } from '@nestjs/microservices';
import { lastValueFrom } from 'rxjs';
import type { ConsumerHealth } from './consumer-health.js';
import { EventStreamError } from './event-stream-error.js';
import type { LeasedConsumerOptions } from './leased-consumer-options.js';
import { LeasedConsumer } from './leased-consumer.js';
import type { IncomingMessage, PartitionLease, PartitionWorker } from './partition-worker.js';

/** What an `@EventPattern` handler gets as its payload: the next messages of a partition, in order. It takes them and returns. */
export interface AdmittedBatch {
  readonly lease: PartitionLease;
  readonly messages: readonly IncomingMessage[];
}

export interface Subscription {
  /** What `@EventPattern()` says: the topic's name without a prefix. */
  readonly pattern: string;
  /** Full name, prefix included. */
  readonly topic: string;
  readonly groupId: string;
  /** Hears of partitions that come and go. Messages go to the handler of the pattern. */
  readonly worker: Omit<PartitionWorker, 'admit'>;
}

export interface EventStreamStrategyOptions extends Omit<LeasedConsumerOptions, 'topic' | 'groupId' | 'worker'> {
  readonly subscriptions: readonly Subscription[];
}

/**
 * Lets Nest wire controllers to topics: an `@EventPattern(pattern)` handler is the `admit` of a {@link LeasedConsumer}. Nest turns a
 * throwing event handler into a stream that errors, and by default only logs it; here it is awaited and is fatal for the consumer.
 */
export class EventStreamStrategy extends Server implements CustomTransportStrategy {
  override readonly transportId = Symbol('event-stream');
  override readonly propagatesEventHandlerErrors = true;
  readonly #options: EventStreamStrategyOptions;
  readonly #consumers = new Map<string, LeasedConsumer>();

  constructor(options: EventStreamStrategyOptions) {
    super();
    this.#options = options;
  }

  /** Starts a consumer per subscription; fails when subscriptions and handlers do not pair off. Does not wait for Kafka. */
  listen(callback: (error?: unknown) => void): void {
    const { subscriptions, ...options } = this.#options;
    try {
      const patterns = subscriptions.map(({ pattern }) => pattern).sort();
      const handled = [...this.getHandlers().keys()].sort();
      if (patterns.join() !== handled.join())
        throw new EventStreamError(
          'HANDLERS_MISMATCH',
          `subscribed: ${patterns.join(', ')}; with an @EventPattern handler: ${handled.join(', ')}`,
        );
      for (const { pattern, topic, groupId, worker } of subscriptions) {
        const consumer = new LeasedConsumer({ ...options, topic, groupId, worker: this.#working(pattern, worker) });
        this.#consumers.set(topic, consumer);
      }
    } catch (error) {
      callback(error);
      return;
    }
    void Promise.all([...this.#consumers.values()].map((consumer) => consumer.start())).then(() => callback(), callback);
  }

  /** Drains and releases every partition, and leaves the groups. */
  async close(): Promise<void> {
    await Promise.all([...this.#consumers.values()].map((consumer) => consumer.stop()));
  }

  /** @returns the state of each consumer, by full topic name; none before `listen`. */
  health(): Record<string, ConsumerHealth> {
    return Object.fromEntries([...this.#consumers].map(([topic, consumer]) => [topic, consumer.health()]));
  }

  /** @returns for each full topic name and partition held here, how many messages wait. @throws when Kafka does not answer */
  async lag(): Promise<ReadonlyMap<string, ReadonlyMap<number, number>>> {
    return new Map(await Promise.all([...this.#consumers].map(async ([topic, consumer]) => [topic, await consumer.lag()] as const)));
  }

  /** This transport emits nothing: `health` and `onFatal` tell what happens. */
  on(): void {}

  unwrap<T>(): T {
    return this.#consumers as T;
  }

  #working(pattern: string, worker: Subscription['worker']): PartitionWorker {
    const handler = this.getHandlerByPattern(pattern);
    if (handler === null || handler.next !== undefined)
      throw new EventStreamError('HANDLERS_MISMATCH', `${pattern} needs exactly one @EventPattern handler`);
    return {
      acquired: (lease) => worker.acquired(lease),
      drain: (lease) => worker.drain(lease),
      lost: (lease) => worker.lost(lease),
      admit: async (lease, messages) => {
        const batch: AdmittedBatch = { lease, messages };
        await lastValueFrom(this.transformToObservable(handler(batch, new BaseRpcContext([lease.topic]))), { defaultValue: undefined });
      },
    };
  }
}
