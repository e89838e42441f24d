import type pg from 'pg';
import type { Lag } from '@ringback/contracts';
import { endOffsets, EventStreamError, type EventStream } from '@ringback/event-stream';

/** One answer serves all who ask within this time, in ms. */
const KEPT_MS = 1_000;
/** Whoever asks what waits does not wait longer for Kafka, in ms. */
const TIMEOUT_MS = 2_000;

const READ_PROGRESS = `
  select partition, next_offset, case when lease_until >= now() then owner end as owner
  from dispatcher.intake_progress where topic = $1`;

interface ProgressRow {
  readonly partition: number;
  /** A bigint, as text. */
  readonly next_offset: string;
  readonly owner: string | null;
}

export interface IntakeLagOptions {
  readonly stream: EventStream;
  readonly pool: pg.Pool;
  /** Full name of `conversions.events`. */
  readonly topic: string;
  readonly monotonic?: () => number;
}

/** How far the recording of all dispatchers is behind the topic. */
export class IntakeLag {
  #asked: { readonly atMs: number; readonly lag: Promise<Lag | null> } | null = null;

  constructor(private readonly options: IntakeLagOptions) {}

  /** @returns null while Kafka does not answer. Rejects when PostgreSQL does not. */
  read(): Promise<Lag | null> {
    const { monotonic = () => performance.now() } = this.options;
    const nowMs = monotonic();
    if (this.#asked === null || nowMs - this.#asked.atMs >= KEPT_MS) this.#asked = { atMs: nowMs, lag: this.#ask() };
    return this.#asked.lag;
  }

  async #ask(): Promise<Lag | null> {
    const { stream, pool, topic } = this.options;
    // Progress first: what is recorded in between makes the lag look larger, never negative.
    const { rows } = await pool.query<ProgressRow>(READ_PROGRESS, [topic]);
    const ends = await endOffsetsIfKnown(stream, topic);
    if (ends === null) return null;
    const progress = new Map(rows.map((row) => [row.partition, row]));
    const partitions = [...ends]
      .toSorted(([a], [b]) => a - b)
      .map(([partition, endOffset]) => {
        const row = progress.get(partition);
        return { partition, nextOffset: Number(row?.next_offset ?? 0), endOffset, owner: row?.owner ?? null };
      });
    return { events: partitions.reduce((sum, { nextOffset, endOffset }) => sum + Math.max(0, endOffset - nextOffset), 0), partitions };
  }
}

async function endOffsetsIfKnown(stream: EventStream, topic: string): Promise<ReadonlyMap<number, number> | null> {
  try {
    return await endOffsets(stream, topic, { timeoutMs: TIMEOUT_MS });
  } catch (error) {
    // What waits is worth telling without the lag, above all then.
    if (error instanceof EventStreamError && error.code === 'KAFKA_UNAVAILABLE') return null;
    throw error;
  }
}
