import { insertDeadLetters, type DeadLetter, type TopicRecord } from '@ringback/event-stream';
import { inTransaction, type Logger } from '@ringback/service-runtime';
import type pg from 'pg';
import { SCHEMA } from '../ledger/ledger.store.js';
import { isTransient } from '../ledger/is-transient.js';

/** More than these wait only while PostgreSQL is away; the topic is read again at the next start, so what is dropped is not lost. */
const MAX_WAITING = 1_000;
const RETRY_AFTER_MS = 5_000;

/**
 * Writes unreadable configuration records to the dead letters in the background: reading goes on meanwhile, and moves no progress in
 * PostgreSQL that this could be one transaction with. The same record read again is not written again.
 */
export class ConfigurationDeadLetters {
  readonly #waiting: DeadLetter[] = [];
  #writing: Promise<void> | undefined;
  #retry: NodeJS.Timeout | undefined;

  constructor(
    private readonly pool: pg.Pool,
    private readonly topic: string,
    private readonly logger: Logger,
  ) {}

  add({ key, value, offset }: TopicRecord, reason: string): void {
    if (this.#waiting.length >= MAX_WAITING) return;
    this.#waiting.push({ topic: this.topic, partition: 0, offset, key: Buffer.from(key, 'utf8'), value, reason });
    this.#flush();
  }

  /** Resolves when what is being written is written; what waits for PostgreSQL is left to the next start. */
  async stop(): Promise<void> {
    clearTimeout(this.#retry);
    this.#waiting.length = 0;
    await this.#writing;
  }

  #flush(): void {
    if (this.#writing !== undefined || this.#waiting.length === 0) return;
    clearTimeout(this.#retry);
    this.#writing = this.#write([...this.#waiting]).then((written) => {
      this.#writing = undefined;
      this.#waiting.splice(0, written);
      if (written > 0) this.#flush();
      else if (this.#waiting.length > 0) this.#retry = setTimeout(() => this.#flush(), RETRY_AFTER_MS);
    });
  }

  /** @returns how many were written: all or none. */
  async #write(letters: readonly DeadLetter[]): Promise<number> {
    try {
      await inTransaction(this.pool, (client) => insertDeadLetters(client, SCHEMA, letters));
      return letters.length;
    } catch (error) {
      const message = 'dead letters of the configuration could not be written; tried again';
      if (isTransient(error)) this.logger.warn({ error }, message);
      else this.logger.error({ error }, message);
      return 0;
    }
  }
}
