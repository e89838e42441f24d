import type pg from 'pg';
import { Buckets, inTransaction, isDatabaseAway, type Logger } from '@ringback/service-runtime';
import type { Delivery } from '../delivery/delivery.js';
import type { PartitionIntake } from '../intake/partition-intake.js';
import { textOf } from './storable-text.js';
import { writeBatch, type Batch, type WriteOptions } from './write-batch.js';

const FIRST_BACKOFF_MS = 20;
const MAX_BACKOFF_MS = 1_000;
/** How often a single row is tried without its exchange: some 10 s, so that what refuses it may be mended. */
const MAX_REFUSALS = 15;
/** Data exception, integrity constraint violation (PostgreSQL, appendix A): it is this batch's content that is refused. */
const REFUSED_DATA = /^2[23]/;

export interface BatchWriterOptions extends Omit<WriteOptions, 'nowMs' | 'monotonicMs'> {
  readonly pool: pg.Pool;
  readonly now: () => number;
  readonly monotonic: () => number;
  readonly logger: Logger;
  readonly wait?: (ms: number) => Promise<void>;
  /** Announcements were committed to the outbox. */
  readonly onAnnounced: () => void;
}

/**
 * Writes batches, each until PostgreSQL has taken it. While it is away, or fails for reasons of its own, the same write is repeated. When
 * it refuses the data, the batch is halved down to the row, which is then written without its exchange.
 */
export class BatchWriter {
  #failing: 'postgresql' | null = null;
  /** Rows written without their exchange since the start. */
  exchangesLost = 0;
  /** Deliveries of a transaction. */
  readonly batchRows = new Buckets([0, 1, 5, 10, 25, 50, 100, 250, 500, 1_000]);
  /** In s. */
  readonly batchSeconds = new Buckets([0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5]);

  constructor(private readonly options: BatchWriterOptions) {}

  /** What the writer waits for, if anything. */
  get waitingFor(): 'postgresql' | null {
    return this.#failing;
  }

  /** @returns the partitions that turned out to be another's. Never rejects. */
  async write(batch: Batch): Promise<ReadonlySet<PartitionIntake>> {
    const { logger, wait = sleep } = this.options;
    let refusals = 0;
    for (let backoffMs = FIRST_BACKOFF_MS; ; backoffMs = Math.min(backoffMs * 2, MAX_BACKOFF_MS)) {
      try {
        const refused = await this.#writeOnce(batch);
        this.#failing = null;
        return refused;
      } catch (error) {
        this.#failing = 'postgresql';
        const isRefused = !isDatabaseAway(error) && REFUSED_DATA.test(String((error as { code?: unknown }).code));
        if (isRefused && batch.rows.length > 1) return this.#writeHalves(batch);
        if (isRefused && batch.rows.length === 1 && this.#stripExchange(batch.rows[0]!)) {
          logger.error({ error, deliveryId: batch.rows[0]!.id }, 'an exchange could not be stored: the delivery is recorded without it');
          continue;
        }
        if (isRefused && ++refusals > MAX_REFUSALS) {
          logger.error({ error, deliveryId: batch.rows[0]?.id }, 'a delivery could not be recorded at all: its event is set aside');
          return this.write({ ...batch, rows: [], letters: setAside(batch, error) });
        }
        if (isDatabaseAway(error)) logger.warn({ error }, 'recording waits for PostgreSQL');
        else logger.error({ error, rows: batch.rows.length }, 'recording failed and is repeated');
      }
      await wait(backoffMs);
    }
  }

  async #writeOnce(batch: Batch): Promise<ReadonlySet<PartitionIntake>> {
    const { pool, now, monotonic, onAnnounced } = this.options;
    const startedAt = monotonic();
    const options: WriteOptions = { ...this.options, nowMs: now(), monotonicMs: startedAt };
    const { refused, announcements } = await inTransaction(pool, (client) => writeBatch(client, batch, options));
    this.#wrote(batch, monotonic() - startedAt);
    if (announcements > 0) onAnnounced();
    return refused;
  }

  #wrote({ rows, letters, moves }: Batch, durationMs: number): void {
    const { logger } = this.options;
    this.batchRows.observe(rows.length);
    this.batchSeconds.observe(durationMs / 1_000);
    if (!logger.isLevelEnabled('debug')) return;
    const fields = { deliveries: rows.length, deadLetters: letters.length, partitions: moves.size, ms: Math.round(durationMs * 10) / 10 };
    logger.debug(fields, 'recorded');
  }

  /** Progress moves with the second half, when all of it is written; with the first it only proves that the partitions are ours. */
  async #writeHalves({ rows, letters, erasures, moves }: Batch): Promise<ReadonlySet<PartitionIntake>> {
    const middle = rows.length >> 1;
    const unmoved = new Map([...moves.keys()].map((partition) => [partition, partition.recordedOffset]));
    const refusedFirst = await this.write({ rows: rows.slice(0, middle), letters: [], erasures: [], moves: unmoved });
    const refusedSecond = await this.write({ rows: rows.slice(middle), letters, erasures, moves });
    return new Set([...refusedFirst, ...refusedSecond]);
  }

  /** @returns false when there is nothing left to leave out. */
  #stripExchange({ attempt }: Delivery): boolean {
    if (attempt === null || attempt.exchangeLost) return false;
    attempt.exchange = null;
    attempt.exchangeLost = true;
    this.exchangesLost++;
    return true;
  }
}

/**
 * What becomes of a row that PostgreSQL refuses whatever is left out: the event of a delivery from Kafka is kept as a dead letter; a parked
 * one stays parked. Either is better than a process that records nothing any more. Without rows it is the letters that are refused.
 */
function setAside({ rows: [delivery], letters }: Batch, error: unknown): Batch['letters'] {
  if (delivery === undefined) return letters.slice(0, -1);
  const { tracked, event } = delivery;
  if (tracked === null || delivery.lease !== null) return letters;
  const { topic, partition } = tracked.partition.lease;
  const reason = textOf(`unrecordable: ${delivery.id}: ${(error as Error).message}`);
  return [
    ...letters,
    { partition: tracked.partition, letter: { topic, partition, offset: tracked.offset, key: null, value: event.bytes, reason } },
  ];
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
