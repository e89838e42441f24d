import type { EventStreamError, TopicReader, TopicReaderOptions, TopicRecord } from '@ringback/event-stream';
import type { Logger } from '@ringback/service-runtime';
import type { Freshness } from './check-recording.js';
import type { ConfigurationDeadLetters } from './configuration-dead-letters.js';
import { ConfigurationIndex } from './configuration-index.js';

/** Longest that a request waits for the reading of what the topic holds, in ms. */
const READING_TIMEOUT_MS = 10_000;
/** A question for the topic's end that has no answer for this long: Kafka is away, in ms. */
const QUESTION_TIMEOUT_MS = 2_000;

export interface ConfigurationFeedOptions {
  /** Makes the reader of `offers.configurations` around the given handlers. */
  readonly reader: (handlers: Pick<TopicReaderOptions, 'onRecord' | 'onFatal'>) => TopicReader;
  readonly deadLetters: ConfigurationDeadLetters;
  readonly logger: Logger;
  onFatal(error: EventStreamError): void;
}

/** Keeps the {@link ConfigurationIndex} read: from the topic's beginning, then for ever. */
export class ConfigurationFeed {
  readonly index = new ConfigurationIndex();
  readonly #reader: TopicReader;
  readonly #deadLetters: ConfigurationDeadLetters;
  readonly #logger: Logger;
  readonly #onFatal: (error: EventStreamError) => void;
  readonly #read = Promise.withResolvers<void>();
  #isRead = false;

  constructor(options: ConfigurationFeedOptions) {
    this.#deadLetters = options.deadLetters;
    this.#logger = options.logger;
    this.#onFatal = options.onFatal;
    this.#reader = options.reader({ onRecord: (record) => this.#take(record), onFatal: options.onFatal });
  }

  /** Returns at once: until the topic was read to the end it had then, {@link catchUp} says `unread`. Kafka being away is waited for. */
  start(): void {
    this.#reader.start().then(
      () => {
        this.#isRead = true;
        this.#read.resolve();
        this.#logger.info({ revision: this.index.revision }, 'the configuration is read');
      },
      (error: EventStreamError) => {
        if (error.code !== 'STOPPED') this.#onFatal(error);
      },
    );
  }

  /** Resolves when the topic was read to the end it had at the start. */
  whenRead(): Promise<void> {
    return this.#read.promise;
  }

  /** As the reader's: one question asked after this call. Never rejects. */
  async catchUp(): Promise<Freshness> {
    if (!this.#isRead) return 'unread';
    try {
      return await this.#reader.catchUp({ timeoutMs: READING_TIMEOUT_MS, questionTimeoutMs: QUESTION_TIMEOUT_MS });
    } catch (error) {
      // It has failed for good or was stopped, and the process ends: what was read can be relied on no longer.
      this.#logger.warn({ error }, 'the configuration is no longer read');
      return 'behind';
    }
  }

  async stop(): Promise<void> {
    await this.#reader.stop();
  }

  #take(record: TopicRecord): void {
    const reason = this.index.apply(record.key, record.value);
    if (reason === null) return;
    this.#logger.error({ key: record.key, offset: record.offset, reason }, 'a configuration record cannot be read');
    this.#deadLetters.add(record, `unreadable: ${reason}`);
  }
}
