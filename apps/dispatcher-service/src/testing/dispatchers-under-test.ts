import { randomUUID } from 'node:crypto';
import pg from 'pg';
import {
  decodeDeliveryAnnouncement,
  encodeEvent,
  TOPICS,
  topicName,
  type ConversionEvent,
  type DeliveryAnnouncement,
} from '@ringback/contracts';
import { EventStream, provisionTopics, Publisher, TopicReader } from '@ringback/event-stream';
import { eventually, freshDatabase, randomTopicPrefix, RecordingReceiver, testBrokers, type TestDatabase } from '@ringback/testbed';
import { signServiceToken } from '@ringback/service-runtime';
import { readConfig } from '../config.js';
import type { Dispatcher } from '../dispatcher.js';
import { migrateDispatcher } from '../migrations.js';
import { startDispatcherService } from '../start-dispatcher-service.js';
import { ConfigurationAuthor, configurationTopic, type ConfigurationRecord } from './configuration-author.js';
import { TestLife } from './test-life.js';

export interface RunningDispatcher {
  readonly dispatcher: Dispatcher;
  readonly url: string;
  readonly life: TestLife;
  /** Asks the service's API as another service does. */
  get(path: string): Promise<{ status: number; body: unknown }>;
  /** @param json undefined: no body */
  post(path: string, json: unknown): Promise<{ status: number; body: unknown }>;
  stop(): Promise<void>;
}

export const SERVICE_TOKEN_SECRET = 'x'.repeat(32);

/** A database, topics and a receiver of a spec's own, and dispatchers to start on them. */
export class DispatchersUnderTest {
  readonly author = new ConfigurationAuthor();
  readonly #running = new Set<RunningDispatcher>();

  private constructor(
    readonly databaseUrl: string,
    readonly db: pg.Pool,
    readonly prefix: string,
    readonly publisher: Publisher,
    readonly receiver: RecordingReceiver,
    private readonly database: TestDatabase | null,
  ) {}

  /** @param databaseUrl of a database of the spec's own; by default a fresh one on the shared server */
  static async start(databaseUrl?: string): Promise<DispatchersUnderTest> {
    const life = new TestLife();
    const database = databaseUrl === undefined ? await freshDatabase() : null;
    const url = databaseUrl ?? database!.url;
    const prefix = randomTopicPrefix();
    const stream = new EventStream({ brokers: testBrokers(), clientId: 'spec', logger: life.logger });
    await Promise.all([
      migrateDispatcher(url),
      provisionTopics(
        stream,
        [
          { ...TOPICS.conversionsEvents, partitions: 4 },
          TOPICS.offersConfigurations,
          // One, so that a spec can read all of it as it came.
          { ...TOPICS.callbacksDeliveries, partitions: 1 },
        ],
        { prefix },
      ),
    ]);
    const db = new pg.Pool({ connectionString: url, max: 2 });
    db.on('error', () => undefined);
    const publisher = new Publisher(stream);
    const spec = new DispatchersUnderTest(url, db, prefix, publisher, await RecordingReceiver.start(), database);
    await spec.configure(spec.author.keyringRecord(), spec.author.affiliate(1), spec.author.offer(1));
    return spec;
  }

  /** Resolves when the records are in Kafka. */
  async configure(...records: ConfigurationRecord[]): Promise<void> {
    const topic = configurationTopic(this.prefix);
    // Kafka measures a produce request's batch, not its records.
    for (let from = 0; from < records.length; from += 100)
      await this.publisher.send(records.slice(from, from + 100).map((record) => ({ topic, ...record })));
  }

  async publish(...events: ConversionEvent[]): Promise<void> {
    await this.publishRaw(...events.map((event) => ({ key: event.data.conversion.id, value: encodeEvent(event) })));
  }

  async publishRaw(...messages: { key: string; value: Buffer | null }[]): Promise<void> {
    const topic = topicName(TOPICS.conversionsEvents, this.prefix);
    for (let from = 0; from < messages.length; from += 100)
      await this.publisher.send(messages.slice(from, from + 100).map((message) => ({ topic, ...message })));
  }

  /** What a dispatcher needs to know to work here. */
  environment(): Record<string, string> {
    return {
      DATABASE_URL: this.databaseUrl,
      KAFKA_BROKERS: testBrokers().join(','),
      TOPIC_PREFIX: this.prefix,
      MASTER_KEY: this.author.masterKey.toString('base64'),
      CALLBACK_ALLOWED_NETWORKS: '127.0.0.0/8,::1/128',
    };
  }

  async run(env: Record<string, string> = {}, now?: () => number): Promise<RunningDispatcher> {
    const life = new TestLife();
    const config = readConfig({ ...this.environment(), SERVICE_TOKEN_SECRET, INSTANCE_ID: randomUUID(), ...env });
    const started = await startDispatcherService(life, { config: { ...config, PORT: 0 }, ...(now ? { now } : {}) });
    const ask = async (path: string, init: RequestInit = {}) => {
      const token = await signServiceToken({
        secret: SERVICE_TOKEN_SECRET,
        audience: 'dispatcher-service',
        actor: { name: 'ada@example.com' },
      });
      const response = await fetch(started.url + path, { ...init, headers: { ...init.headers, authorization: `Bearer ${token}` } });
      return { status: response.status, body: await response.json() };
    };
    const running: RunningDispatcher = {
      ...started,
      life,
      get: (path) => ask(path),
      post: (path, json) =>
        ask(path, {
          method: 'POST',
          ...(json === undefined ? {} : { body: JSON.stringify(json), headers: { 'content-type': 'application/json' } }),
        }),
      stop: async () => {
        this.#running.delete(running);
        await life.stop();
      },
    };
    this.#running.add(running);
    return running;
  }

  /** @returns what the dispatchers have announced so far, in order. */
  async announcements(): Promise<DeliveryAnnouncement[]> {
    const { logger } = new TestLife();
    const announced: DeliveryAnnouncement[] = [];
    const reader = new TopicReader({
      stream: new EventStream({ brokers: testBrokers(), clientId: 'spec', logger }),
      topic: topicName(TOPICS.callbacksDeliveries, this.prefix),
      onRecord: ({ value }) => {
        const decoded = decodeDeliveryAnnouncement(value);
        if (!decoded.ok) throw new Error(decoded.reason);
        announced.push(decoded.event);
      },
      onFatal: (error) => {
        throw error;
      },
      logger,
    });
    await reader.start();
    await reader.stop();
    return announced;
  }

  async rows<Row extends pg.QueryResultRow>(sql: string, values: unknown[] = []): Promise<Row[]> {
    return (await this.db.query<Row>(sql, values)).rows;
  }

  async count(sql: string, values: unknown[] = []): Promise<number> {
    const [row] = await this.rows<{ count: string }>(`select count(*) as count from ${sql}`, values);
    return Number(row!.count);
  }

  /** Waits until everything that was published is recorded: progress has come to the end of each partition that has messages. */
  async waitForProgress(messages: number): Promise<void> {
    await eventually(async () => {
      const [row] = await this.rows<{ done: string | null }>('select sum(next_offset) as done from dispatcher.intake_progress');
      return Number(row!.done ?? 0) >= messages;
    });
  }

  async stop(): Promise<void> {
    for (const running of [...this.#running]) await running.stop();
    await this.receiver.stop();
    await this.publisher.close();
    await this.db.end();
    await this.database?.drop();
  }
}
