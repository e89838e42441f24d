import { endOffsets, EventStreamError, partitionOf, type EventStream } from '@ringback/event-stream';
import type pg from 'pg';

/** How long Kafka may take to say where the topic ends, in ms. */
const KAFKA_TIMEOUT_MS = 2_000;
/** How long the recording may take to come to that end, in ms: what takes longer than 2 s is parked and recorded by then. */
const PASSING_TIMEOUT_MS = 3_000;
const LOOK_AGAIN_MS = 100;

const READ_PROGRESS = `select next_offset from dispatcher.intake_progress where topic = $1 and partition = $2`;

/** Whether all events of a conversion that were on Kafka when it was asked are recorded. */
export type Passing =
  | { readonly kind: 'passed' }
  /** So many events of the partition are before the dispatchers. */
  | { readonly kind: 'behind'; readonly events: number }
  /** Kafka does not say. */
  | { readonly kind: 'unknown' };

export interface EventPassingOptions {
  readonly stream: EventStream;
  readonly pool: pg.Pool;
  /** Full name of `conversions.events`. */
  readonly topic: string;
  readonly wait?: (ms: number) => Promise<void>;
  readonly monotonic?: () => number;
}

/**
 * Tells whether the progress has passed events that are known to be on Kafka, without knowing their offsets (docs/adr/0013): the end of their
 * partition is asked for now, so they stand before it, and the progress is looked at until it has come there.
 */
export class EventPassing {
  constructor(private readonly options: EventPassingOptions) {}

  async of(conversionId: string): Promise<Passing> {
    const { stream, topic, wait = sleep, monotonic = () => performance.now() } = this.options;
    const ends = await endOffsetsIfKnown(stream, topic);
    if (ends === null) return { kind: 'unknown' };
    const partition = partitionOf(conversionId, ends.size);
    const end = ends.get(partition)!;
    const startedAt = monotonic();
    for (;;) {
      const events = end - (await this.#nextOffset(partition));
      if (events <= 0) return { kind: 'passed' };
      if (monotonic() - startedAt >= PASSING_TIMEOUT_MS) return { kind: 'behind', events };
      await wait(LOOK_AGAIN_MS);
    }
  }

  async #nextOffset(partition: number): Promise<number> {
    const { pool, topic } = this.options;
    const { rows } = await pool.query<{ next_offset: string }>(READ_PROGRESS, [topic, partition]);
    return Number(rows[0]?.next_offset ?? 0);
  }
}

async function endOffsetsIfKnown(stream: EventStream, topic: string): Promise<ReadonlyMap<number, number> | null> {
  try {
    return await endOffsets(stream, topic, { timeoutMs: KAFKA_TIMEOUT_MS });
  } catch (error) {
    if (error instanceof EventStreamError && error.code === 'KAFKA_UNAVAILABLE') return null;
    throw error;
  }
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
