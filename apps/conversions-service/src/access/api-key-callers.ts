import { SetMetadata, type ExecutionContext } from '@nestjs/common';
import type { EventStreamError, TopicReader, TopicReaderOptions, TopicRecord } from '@ringback/event-stream';
import type { FastifyReply } from 'fastify';
import { problem, ProblemError, RateLimiter, rateLimitHeaders, type Actor, type Logger } from '@ringback/service-runtime';
import { ApiKeyIndex } from './api-key-index.js';

const NEEDED = 'ringback:permission';

/** What an API key's role must allow for a route. A route that does not say it takes no API keys. */
export const KeyNeeds = (permission: 'conversions:read' | 'conversions:write') => SetMetadata(NEEDED, permission);

export interface ApiKeyCallersOptions {
  /** Makes the reader of `gateway.api-keys` around the given handlers. */
  readonly reader: (handlers: Pick<TopicReaderOptions, 'onRecord' | 'onFatal'>) => TopicReader;
  /** Is told of records that cannot be read. */
  onUnreadable(record: TopicRecord, reason: string): void;
  onFatal(error: EventStreamError): void;
  readonly logger: Logger;
  /** Ms since the epoch: whether a key has expired. */
  readonly now: () => number;
  /** Requests of one key a second; 0: as many as come. */
  readonly perSecond: number;
}

/**
 * Who calls with an API key, known from `gateway.api-keys` alone, so that nothing asks the gateway. While Kafka is away what was read last
 * counts: ingest goes on, and a key revoked meanwhile works here until Kafka is back (the gateway, which asks its database, refuses it).
 */
export class ApiKeyCallers {
  readonly #index = new ApiKeyIndex();
  readonly #reader: TopicReader;
  readonly #options: ApiKeyCallersOptions;
  readonly #limiter: RateLimiter | null;
  readonly #read = Promise.withResolvers<void>();
  #isRead = false;

  constructor(options: ApiKeyCallersOptions) {
    this.#options = options;
    this.#limiter = options.perSecond > 0 ? new RateLimiter('caller', options.perSecond) : null;
    this.#reader = options.reader({ onRecord: (record) => this.#take(record), onFatal: options.onFatal });
  }

  /** Returns at once. Kafka being away is waited for; until the topic was read to its end, keys are answered 503. */
  start(): void {
    this.#reader.start().then(
      () => {
        this.#isRead = true;
        this.#read.resolve();
        this.#options.logger.info({ keys: this.#index.size }, 'the API keys are read');
      },
      (error: EventStreamError) => {
        if (error.code !== 'STOPPED') this.#options.onFatal(error);
      },
    );
  }

  /** Resolves when the topic was read to the end it had at the start. */
  whenRead(): Promise<void> {
    return this.#read.promise;
  }

  /**
   * @returns who sends the key, or null when it is unknown, revoked or expired.
   * @throws {ProblemError} 403 when its role does not allow the route; 429 when it asks too often; 503 before the keys were read: it may be a
   *   good one.
   */
  identify(apiKey: string, context: Pick<ExecutionContext, 'getHandler' | 'switchToHttp'>): Actor | null {
    if (!this.#isRead) throw problem.unavailable('the API keys are still being read: try again in a moment');
    const key = this.#index.find(apiKey, this.#options.now());
    if (key === null) return null;
    this.#admit(key.id, context.switchToHttp().getResponse<FastifyReply>());
    const needed = Reflect.getMetadata(NEEDED, context.getHandler()) as string | undefined;
    if (needed === undefined || !(key.permissions.includes('*') || key.permissions.includes(needed)))
      throw new ProblemError(403, `the role "${key.role}" does not allow ${needed ?? 'this'}: ask an admin for another key`);
    return { name: key.name, offerIds: key.scope.offerIds };
  }

  async stop(): Promise<void> {
    await this.#reader.stop();
  }

  #admit(keyId: number, reply: FastifyReply): void {
    if (this.#limiter === null) return;
    const taken = this.#limiter.take(String(keyId));
    void reply.headers(rateLimitHeaders([taken]));
    if (taken.allowed) return;
    const seconds = String(taken.retryAfterS);
    throw new ProblemError(429, `too many requests of this key: try again in ${seconds} s, or send batches`, {
      headers: { 'retry-after': seconds },
    });
  }

  #take(record: TopicRecord): void {
    const reason = this.#index.apply(record.key, record.value);
    if (reason !== null) this.#options.onUnreadable(record, reason);
  }
}
