import type pg from 'pg';
import { Backoff } from './backoff.js';
import { Bell } from './bell.js';
import { insertDeadLetters } from './dead-letters.js';
import { EventStreamError } from './event-stream-error.js';
import type { EventStreamLogger } from './kafka-log.js';
import type { Outcome } from './outcome.js';
import { moveProgress } from './partition-leases.js';
import type { IncomingMessage, PartitionLease, PartitionWorker } from './partition-worker.js';

/** Messages of one partition, in order, to be worked in one transaction. */
export interface OrderedBatch {
  readonly lease: PartitionLease;
  /** At least one. */
  readonly messages: readonly IncomingMessage[];
  /**
   * Call inside the transaction, last before the commit, with one outcome per message in the same order: writes the dead letters and moves
   * the progress past the batch.
   * @throws {EventStreamError} `LEASE_LOST` when the partition has another owner: let the transaction roll back, and let it through
   */
  record(client: pg.ClientBase, outcomes: readonly Outcome[]): Promise<void>;
}

export interface OrderedBatchWorkerOptions {
  /** The consumer's. */
  readonly schema: string;
  /** The consumer's. */
  readonly instanceId: string;
  /** Works one batch; resolves once its transaction, with `batch.record` inside, is committed. */
  handle(batch: OrderedBatch): Promise<void>;
  /** Whether what `handle` threw is cured by waiting (PostgreSQL or Kafka away, a deadlock): the same batch is then handled again. */
  isTransient(error: unknown): boolean;
  /** `handle` threw something else, or recorded nothing: a bug. The partition stands still; the process should end. */
  onFatal(error: Error): void;
  readonly logger: EventStreamLogger;
  /** Default 500. */
  readonly maxBatchMessages?: number;
  /** Of one partition. Above it the partition is paused; read again at half of it. Default 2,000. */
  readonly maxQueuedMessages?: number;
}

interface Lane {
  readonly lease: PartitionLease;
  readonly queue: IncomingMessage[];
  /** Woken when the lane is to end. */
  readonly bell: Bell;
  isOver: boolean;
  working: Promise<void> | null;
}

const RETRY_MS = { firstMs: 100, maxMs: 5_000 };

/**
 * For topics of commands: each partition's messages in order, a batch at a time, each batch in one transaction of the handler's that also
 * moves the progress. So every message takes effect exactly once, whatever happens in between. Partitions do not wait for each other.
 */
export class OrderedBatchWorker implements PartitionWorker {
  readonly #options: OrderedBatchWorkerOptions;
  readonly #maxBatchMessages: number;
  readonly #maxQueuedMessages: number;
  readonly #lanes = new Map<PartitionLease, Lane>();

  constructor(options: OrderedBatchWorkerOptions) {
    this.#options = options;
    this.#maxBatchMessages = options.maxBatchMessages ?? 500;
    this.#maxQueuedMessages = options.maxQueuedMessages ?? 2_000;
  }

  acquired(lease: PartitionLease): void {
    this.#lanes.set(lease, { lease, queue: [], bell: new Bell(), isOver: false, working: null });
  }

  admit(lease: PartitionLease, messages: readonly IncomingMessage[]): void {
    const lane = this.#lanes.get(lease);
    if (lane === undefined) return;
    for (const message of messages) lane.queue.push(message);
    if (lane.queue.length > this.#maxQueuedMessages) lease.pause();
    lane.working ??= this.#work(lane).finally(() => (lane.working = null));
  }

  /** Finishes the batch in hand. What is queued behind it was not recorded: the next owner reads it again. */
  async drain(lease: PartitionLease): Promise<void> {
    await this.#end(lease)?.working;
  }

  lost(lease: PartitionLease): void {
    this.#end(lease);
  }

  #end(lease: PartitionLease): Lane | undefined {
    const lane = this.#lanes.get(lease);
    this.#lanes.delete(lease);
    if (lane === undefined) return undefined;
    lane.isOver = true;
    lane.bell.ring();
    return lane;
  }

  async #work(lane: Lane): Promise<void> {
    const { lease, queue } = lane;
    const backoff = new Backoff(RETRY_MS);
    while (!lane.isOver && queue.length > 0) {
      const messages = queue.slice(0, this.#maxBatchMessages);
      try {
        await this.#handle(lease, messages);
        backoff.succeeded();
        queue.splice(0, messages.length);
        if (queue.length <= this.#maxQueuedMessages / 2) lease.resume();
      } catch (error) {
        if (error instanceof EventStreamError && error.code === 'LEASE_LOST') {
          // The consumer is about to hear of it too, with its next renewal.
          lane.isOver = true;
        } else if (this.#options.isTransient(error)) {
          await this.#waitToRetry(lane, backoff.failed(), messages, error);
        } else {
          lane.isOver = true;
          const where = `partition ${lease.partition} of ${lease.topic} from offset ${messages[0]!.offset}`;
          this.#options.onFatal(new EventStreamError('WORKER_FAILED', `a handler failed for ${where}`, { cause: error }));
        }
      }
    }
  }

  async #handle(lease: PartitionLease, messages: readonly IncomingMessage[]): Promise<void> {
    let isRecorded = false;
    await this.#options.handle({
      lease,
      messages,
      record: async (client, outcomes) => {
        await this.#record(client, lease, messages, outcomes);
        isRecorded = true;
      },
    });
    if (!isRecorded) throw new EventStreamError('NOTHING_RECORDED', 'the handler returned without having recorded its batch');
  }

  async #record(
    client: pg.ClientBase,
    lease: PartitionLease,
    messages: readonly IncomingMessage[],
    outcomes: readonly Outcome[],
  ): Promise<void> {
    const { schema, instanceId } = this.#options;
    const { topic, partition, epoch } = lease;
    if (outcomes.length !== messages.length)
      throw new EventStreamError('NOTHING_RECORDED', `${outcomes.length} outcomes for ${messages.length} messages`);
    const letters = messages.flatMap(({ offset, key, value }, index) => {
      const outcome = outcomes[index]!;
      return outcome.kind === 'deadLetter' ? [{ topic, partition, offset, key, value, reason: outcome.reason }] : [];
    });
    await insertDeadLetters(client, schema, letters);
    const refused = await moveProgress(client, schema, instanceId, [{ topic, partition, epoch, nextOffset: messages.at(-1)!.offset + 1 }]);
    if (refused.length > 0)
      throw new EventStreamError('LEASE_LOST', `partition ${partition} of ${topic} has another owner than epoch ${epoch}`);
  }

  async #waitToRetry(lane: Lane, pauseMs: number, messages: readonly IncomingMessage[], error: unknown): Promise<void> {
    const { topic, partition } = lane.lease;
    const fields = { topic, partition, offset: messages[0]!.offset, messages: messages.length, pauseMs, err: error };
    this.#options.logger.warn(fields, 'a batch could not be worked: the same one again after a pause');
    await lane.bell.wait(pauseMs);
  }
}
