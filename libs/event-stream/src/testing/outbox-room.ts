import { freshDatabase, randomTopicPrefix, testBrokers } from '@ringback/testbed';
import pg from 'pg';
import type { EventStreamLogger } from '../kafka-log.js';
import { EventStream } from '../kafka.js';
import { OutboxRelay, type OutboxRelayOptions } from '../outbox-relay.js';
import { appendToOutbox, outboxTablesSql, type OutboxRow } from '../outbox.js';
import { Publisher } from '../publisher.js';
import { provisionTopics } from '../topic-provisioning.js';
import { TopicReader, type TopicReaderOptions, type TopicRecord } from '../topic-reader.js';

export const SCHEMA = 'shop';

/** What was logged, by level. */
export class NotingLogger implements EventStreamLogger {
  readonly lines: { readonly level: string; readonly message: string; readonly fields: object }[] = [];
  debug = (fields: object, message: string) => void this.lines.push({ level: 'debug', message, fields });
  info = (fields: object, message: string) => void this.lines.push({ level: 'info', message, fields });
  warn = (fields: object, message: string) => void this.lines.push({ level: 'warn', message, fields });
  error = (fields: object, message: string) => void this.lines.push({ level: 'error', message, fields });

  messages(level: string): string[] {
    return this.lines.filter((line) => line.level === level).map(({ message }) => message);
  }
}

export interface RoomOptions {
  brokers?: string[];
  /** Of the PostgreSQL server. */
  server?: string;
  /** Of the room's topic. */
  config?: Record<string, string>;
}

/** A database with an outbox, a topic of one partition, and all that is opened on them; closed together. */
export class OutboxRoom {
  readonly topic = `${randomTopicPrefix()}changes`;
  readonly logger = new NotingLogger();
  readonly stream: EventStream;
  readonly pool: pg.Pool;
  readonly #closing: (() => Promise<unknown>)[] = [];

  private constructor(
    readonly brokers: string[],
    readonly databaseUrl: string,
  ) {
    this.stream = new EventStream({ brokers, clientId: 'spec', logger: this.logger });
    this.pool = this.openPool();
  }

  static async open({ brokers = testBrokers(), server, config = {} }: RoomOptions = {}): Promise<OutboxRoom> {
    const database = await freshDatabase(server === undefined ? {} : { server });
    const room = new OutboxRoom(brokers, database.url);
    await room.pool.query(`create schema ${SCHEMA}; ${outboxTablesSql(SCHEMA)}`);
    await room.createTopic(room.topic, config);
    room.#closing.unshift(() => database.drop());
    return room;
  }

  openPool(max = 10): pg.Pool {
    const pool = new pg.Pool({ connectionString: this.databaseUrl, max, connectionTimeoutMillis: 2_000 });
    pool.on('error', (error) => this.logger.debug({ err: error }, 'idle connection lost'));
    this.#closing.push(() => pool.end());
    return pool;
  }

  async createTopic(name: string, config: Record<string, string> = {}, partitions = 1): Promise<void> {
    await provisionTopics(this.stream, [{ name, partitions, config }], { prefix: '' });
  }

  publisher(options?: { requestTimeoutMs?: number }): Publisher {
    const publisher = new Publisher(this.stream, options);
    this.#closing.push(() => publisher.close());
    return publisher;
  }

  relay(more: Partial<OutboxRelayOptions> = {}): OutboxRelay {
    const relay = new OutboxRelay({
      pool: this.pool,
      schema: SCHEMA,
      publisher: more.publisher ?? this.publisher(),
      logger: this.logger,
      instanceId: 'spec',
      maxRows: 1_000,
      ...more,
    });
    this.#closing.push(() => relay.stop());
    return relay;
  }

  /** One transaction. @returns the ids. */
  async append(rows: readonly (Omit<OutboxRow, 'topic'> & { topic?: string })[], pool = this.pool): Promise<number[]> {
    const client = await pool.connect();
    try {
      await client.query('begin');
      const ids = await appendToOutbox(
        client,
        SCHEMA,
        rows.map((row) => ({ topic: this.topic, ...row })),
      );
      await client.query('commit');
      return ids;
    } catch (error) {
      await client.query('rollback');
      throw error;
    } finally {
      client.release();
    }
  }

  async waiting(): Promise<number> {
    const { rows } = await this.pool.query<{ n: number }>(`select count(*)::int as n from ${SCHEMA}.outbox where set_aside_at is null`);
    return rows[0]!.n;
  }

  reader(more: Partial<TopicReaderOptions> = {}): { reader: TopicReader; records: TopicRecord[]; fatal: Error[] } {
    const records: TopicRecord[] = [];
    const fatal: Error[] = [];
    const reader = new TopicReader({
      stream: this.stream,
      topic: this.topic,
      onRecord: (record) => void records.push(record),
      onFatal: (error) => void fatal.push(error),
      logger: this.logger,
      ...more,
    });
    this.#closing.push(() => reader.stop());
    return { reader, records, fatal };
  }

  /** Everything that is in the topic now, as `key=value`. */
  async published(topic = this.topic): Promise<string[]> {
    const { reader, records } = this.reader({ topic });
    await reader.start();
    await reader.stop();
    return records.map(({ key, value }) => `${key}=${value === null ? '' : value.toString()}`);
  }

  async close(): Promise<void> {
    for (const close of this.#closing.reverse()) await close();
  }
}
