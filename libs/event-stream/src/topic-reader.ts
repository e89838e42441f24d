import { setTimeout as pause } from 'node:timers/promises';
import { Backoff } from './backoff.js';
import { withDeadline } from './deadline.js';
import { EventStreamError } from './event-stream-error.js';
import type { EventStreamLogger } from './kafka-log.js';
import type { EventStream } from './kafka.js';
import { PartitionConnection } from './partition-connection.js';
import { SharedQuestion } from './shared-question.js';

export interface TopicRecord {
  /** Empty when the record has none. */
  key: string;
  /** null: a tombstone. */
  value: Buffer | null;
  offset: number;
  timestampMs: number;
}

export interface TopicReaderOptions {
  stream: EventStream;
  /** Full name of a topic with one partition. */
  topic: string;
  /** Called for every record, offsets ascending, each once. A throw is fatal: see `onFatal`. */
  onRecord(record: TopicRecord): void;
  /** Called once when the reader can never go on: a record's handler threw, or the topic was begun anew. The process should end. */
  onFatal(error: EventStreamError): void;
  logger: EventStreamLogger;
}

export interface CatchUpOptions {
  /** How long reading may take once the end is known, in ms: 10,000 in this system. */
  timeoutMs: number;
  /** How long Kafka may take to say where the end is, in ms: 2,000 in this system. */
  questionTimeoutMs: number;
}

/**
 * `fresh`: everything that was in the topic when the call was made has been given to `onRecord`; `behind`: reading took too long;
 * `unreachable`: Kafka is away, the newest read is all there is.
 */
export type CatchUp = 'fresh' | 'behind' | 'unreachable';

type Settle = (outcome: 'read' | 'late' | EventStreamError) => void;

const FETCH_BYTES = 1024 * 1024;
const FETCH_WAIT_MS = 500;
const REQUEST_TIMEOUT_MS = 5_000;
const QUESTION_TIMEOUT_MS = 2_000;
/** While Kafka is known to be away a caller waits this long for the answer that would tell that it is back. */
const AWAY_GRACE_MS = 200;

/**
 * Reads a topic of one partition whole, from its beginning, then follows it for ever; in memory it keeps the position only. While Kafka is
 * away it waits and goes on from its position: no record is skipped or given twice.
 */
export class TopicReader {
  readonly #options: TopicReaderOptions;
  readonly #question: SharedQuestion<number>;
  readonly #stop = new AbortController();
  readonly #waiting = new Set<{ readonly offset: number; readonly settle: Settle }>();
  #following: Promise<void> | null = null;
  #position: number | null = null;
  #questionConnection: PartitionConnection | null = null;
  #isAway = false;
  #isInTrouble = false;
  #failure: EventStreamError | null = null;

  constructor(options: TopicReaderOptions) {
    this.#options = options;
    this.#question = new SharedQuestion(() => this.#askEndOffset());
  }

  /** Next offset to read. 0 before the first read. */
  get position(): number {
    return this.#position ?? 0;
  }

  /**
   * Resolves when everything that was in the topic at the call has been read; however long Kafka is away. Rejects when the reader fails
   * for good (then `onFatal` was called too) or is stopped.
   */
  async start(): Promise<void> {
    this.#following ??= this.#follow();
    const backoff = new Backoff({ firstMs: 50, maxMs: 1_000 });
    for (;;) {
      this.#throwIfOver();
      const end = await this.#question.ask().catch(() => null);
      if (end !== null) return void (await this.#readTo(end));
      await pause(backoff.failed(), undefined, { signal: this.#stop.signal }).catch(() => undefined);
    }
  }

  /**
   * Asks Kafka for the end offset, after this call was made, and waits until everything below it has been read. Calls that arrive while
   * such a question is under way share the next one. @throws {EventStreamError} when the reader has failed for good
   */
  async catchUp({ timeoutMs, questionTimeoutMs }: CatchUpOptions): Promise<CatchUp> {
    if (this.#failure !== null) throw this.#failure;
    const end = await withDeadline(
      this.#question.ask(),
      this.#isAway ? Math.min(AWAY_GRACE_MS, questionTimeoutMs) : questionTimeoutMs,
      'the question for the end offset',
    ).catch(() => null);
    if (end === null) {
      this.#isAway = true;
      return 'unreachable';
    }
    if (await this.#readTo(end, timeoutMs)) return 'fresh';
    const { logger, topic } = this.#options;
    logger.warn({ topic, position: this.position, end, timeoutMs }, 'a topic is read too slowly');
    return 'behind';
  }

  /** Ends reading; whoever still waits is told that it is over. */
  async stop(): Promise<void> {
    this.#stop.abort();
    this.#questionConnection?.close();
    this.#settleAll(new EventStreamError('STOPPED', 'the reader was stopped'));
    await this.#following;
  }

  async #follow(): Promise<void> {
    const { stream, topic } = this.#options;
    const { signal } = this.#stop;
    const backoff = new Backoff({ firstMs: 100, maxMs: 1_000 });
    while (!signal.aborted) {
      try {
        const connection = await PartitionConnection.open(stream, topic, REQUEST_TIMEOUT_MS);
        const close = () => connection.close();
        signal.addEventListener('abort', close);
        try {
          while (!signal.aborted) {
            await this.#readSome(connection);
            backoff.succeeded();
            this.#inTrouble(null);
          }
        } finally {
          signal.removeEventListener('abort', close);
          close();
        }
      } catch (error) {
        if (signal.aborted) return;
        const known =
          error instanceof EventStreamError ? error : new EventStreamError('READER_FAILED', 'the reader is broken', { cause: error });
        if (known.code !== 'KAFKA_UNAVAILABLE') return this.#fail(known);
        this.#inTrouble(known);
        await pause(backoff.failed(), undefined, { signal }).catch(() => undefined);
      }
    }
  }

  async #readSome(connection: PartitionConnection): Promise<void> {
    const position = (this.#position ??= await connection.beginOffset());
    const fetched = await connection.fetch({ offset: position, maxBytes: FETCH_BYTES, maxWaitMs: FETCH_WAIT_MS });
    if (this.#stop.signal.aborted) return;
    if (fetched === 'out-of-range') return this.#outOfRange(connection, position);
    for (const { offset, timestamp, key, value, isControlRecord } of fetched.records) {
      const at = Number(offset);
      if (at < this.#position) continue;
      if (!isControlRecord) this.#give({ key: key?.toString('utf8') ?? '', value, offset: at, timestampMs: Number(timestamp) });
      this.#position = at + 1;
    }
    // Batches may end in offsets without a record, or hold none at all. An answer without any batch, where the end lies further on, says
    // that nothing is left up to there: Kafka answers with at least one whole batch if it has any.
    this.#position = Math.max(this.#position, fetched.afterLastBatch ?? fetched.endOffset ?? 0);
    this.#settleRead();
  }

  #give(record: TopicRecord): void {
    try {
      this.#options.onRecord(record);
    } catch (cause) {
      const { topic } = this.#options;
      throw new EventStreamError('RECORD_HANDLER_FAILED', `the record at ${record.offset} of ${topic} could not be taken in`, { cause });
    }
  }

  async #outOfRange(connection: PartitionConnection, position: number): Promise<void> {
    const begin = await connection.beginOffset();
    const end = await connection.endOffset();
    const found = `${this.#options.topic} was read to ${position}, but now holds ${begin} to ${end}`;
    if (begin <= position && position <= end) throw new EventStreamError('KAFKA_UNAVAILABLE', `${found}: its leader is changing`);
    throw new EventStreamError('TOPIC_BEGUN_ANEW', `${found}: what was read is no longer what there is; read it anew from the beginning`);
  }

  async #askEndOffset(): Promise<number> {
    const { stream, topic } = this.#options;
    for (;;) {
      const wasOpen = this.#questionConnection !== null;
      try {
        this.#throwIfOver();
        this.#questionConnection ??= await PartitionConnection.open(stream, topic, QUESTION_TIMEOUT_MS);
        const end = await this.#questionConnection.endOffset();
        this.#isAway = false;
        return end;
      } catch (error) {
        this.#questionConnection?.close();
        this.#questionConnection = null;
        // A connection that lay idle may have been closed by Kafka: that is no answer yet.
        if (!wasOpen) throw error;
      }
    }
  }

  /** @returns false when the time is over first. Rejects when the reader has failed or is stopped. */
  #readTo(offset: number, timeoutMs?: number): Promise<boolean> {
    return new Promise((resolve, reject) => {
      if (this.#failure !== null) return reject(this.#failure);
      if (this.position >= offset) return resolve(true);
      const timer = timeoutMs === undefined ? undefined : setTimeout(() => settle('late'), timeoutMs);
      const settle: Settle = (outcome) => {
        clearTimeout(timer);
        this.#waiting.delete(waiter);
        if (outcome instanceof EventStreamError) reject(outcome);
        else resolve(outcome === 'read');
      };
      const waiter = { offset, settle };
      this.#waiting.add(waiter);
    });
  }

  #settleRead(): void {
    for (const { offset, settle } of this.#waiting) if (offset <= this.position) settle('read');
  }

  #settleAll(error: EventStreamError): void {
    for (const { settle } of this.#waiting) settle(error);
  }

  #fail(error: EventStreamError): void {
    const { logger, topic, onFatal } = this.#options;
    this.#failure = error;
    logger.error({ err: error, topic, position: this.position }, 'a topic can no longer be read');
    this.#settleAll(error);
    onFatal(error);
  }

  #inTrouble(error: EventStreamError | null): void {
    const { logger, topic } = this.#options;
    if (this.#isInTrouble === (error !== null)) return;
    this.#isInTrouble = error !== null;
    if (error === null) logger.info({ topic, position: this.position }, 'the topic is read again');
    else logger.warn({ err: error, topic, position: this.position }, 'the topic cannot be read now; trying again');
  }

  #throwIfOver(): void {
    if (this.#failure !== null) throw this.#failure;
    if (this.#stop.signal.aborted) throw new EventStreamError('STOPPED', 'the reader was stopped');
  }
}
