import { inspect } from 'node:util';
import {
  commandKey,
  commandRejectedSchema,
  decodeConversionMessage,
  encodeEvent,
  TOPICS,
  topicName,
  type CommandRejected,
  type ConversionCommand,
  type ConversionErased,
  type ConversionEvent,
  type TopicDefinition,
} from '@ringback/contracts';
import { EventStream, provisionTopics, Publisher, TopicReader } from '@ringback/event-stream';
import { signServiceToken } from '@ringback/service-runtime';
import { freshDatabase, randomTopicPrefix, testBrokers, type TestDatabase } from '@ringback/testbed';
import pg from 'pg';
import { pino } from 'pino';
import { readConfig } from '../config.js';
import { SERVICE_NAME } from '../conversions-service.module.js';
import { migrateConversions } from '../migrations.js';
import { startConversionsService } from '../start-conversions-service.js';
import { ApiKeyAuthor } from './api-key-author.js';
import { ConfigurationAuthor } from './configuration-author.js';
import { sendSurely } from './send-surely.js';
import { TestLife } from './test-life.js';

const SECRET = 'a secret of the specs, at least 32 characters';

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- specs look into it freely
  readonly body: any;
}

export interface UnderTestOptions {
  readonly instances?: number;
  readonly now?: () => number;
  readonly env?: Readonly<Record<string, string>>;
  /** Instead of the shared ones. */
  readonly databaseServer?: string;
  readonly brokers?: readonly string[];
}

/** Instances of the service on a database and topics of their own; the topics have one partition, so that a spec sees one order. */
export class ConversionsUnderTest {
  readonly events: ConversionEvent[] = [];
  readonly erasures: ConversionErased[] = [];
  /** The same as they stand in Kafka. */
  readonly eventBytes: Buffer[] = [];
  readonly rejections: CommandRejected[] = [];
  readonly lives: TestLife[] = [];
  readonly urls: string[] = [];
  readonly configuration: ConfigurationAuthor;
  readonly apiKeys: ApiKeyAuthor;
  readonly pool: pg.Pool;
  readonly #readers: TopicReader[];
  #token = '';

  private constructor(
    readonly database: TestDatabase,
    readonly prefix: string,
    readonly publisher: Publisher,
    stream: EventStream,
    private readonly options: UnderTestOptions,
  ) {
    this.configuration = new ConfigurationAuthor(publisher, prefix);
    this.apiKeys = new ApiKeyAuthor(publisher, prefix);
    this.pool = new pg.Pool({ connectionString: database.url, max: 3 });
    this.pool.on('error', () => undefined);
    this.#readers = [
      this.#reader(stream, TOPICS.conversionsEvents, (value) => {
        const decoded = decodeConversionMessage(value);
        if (!decoded.ok) throw new Error(decoded.reason);
        if (decoded.event.type === 'ConversionErased') return void this.erasures.push(decoded.event);
        this.events.push(decoded.event);
        this.eventBytes.push(value!);
      }),
      this.#reader(stream, TOPICS.conversionsCommandsRejected, (value) =>
        this.rejections.push(commandRejectedSchema.parse(JSON.parse(value!.toString('utf8')))),
      ),
    ];
  }

  static async start(options: UnderTestOptions = {}): Promise<ConversionsUnderTest> {
    const prefix = randomTopicPrefix();
    const stream = new EventStream({
      brokers: [...(options.brokers ?? testBrokers())],
      clientId: 'spec',
      logger: pino({ level: 'silent' }),
    });
    const single = [TOPICS.conversionsEvents, TOPICS.conversionsCommands, TOPICS.conversionsCommandsRejected].map((topic) => ({
      ...topic,
      partitions: 1,
    }));
    const [database] = await Promise.all([
      freshDatabase(options.databaseServer === undefined ? {} : { server: options.databaseServer }),
      provisionTopics(stream, [...single, TOPICS.offersConfigurations, TOPICS.gatewayApiKeys], { prefix }),
    ]);
    await migrateConversions(database.url);
    const made = new ConversionsUnderTest(database, prefix, new Publisher(stream), stream, options);
    await Promise.all(made.#readers.map((reader) => reader.start()));
    await Promise.all(Array.from({ length: options.instances ?? 1 }, () => made.addInstance()));
    made.#token = await signServiceToken({ secret: SECRET, audience: SERVICE_NAME, actor: { name: 'spec' } });
    return made;
  }

  async addInstance(): Promise<string> {
    const config = readConfig({
      DATABASE_URL: this.database.url,
      KAFKA_BROKERS: (this.options.brokers ?? testBrokers()).join(','),
      TOPIC_PREFIX: this.prefix,
      PORT: '0',
      SERVICE_TOKEN_SECRET: SECRET,
      ...this.options.env,
    });
    const life = new TestLife();
    this.lives.push(life);
    const url = await startConversionsService(life, {
      config: { ...config, PORT: 0 },
      ...(this.options.now ? { now: this.options.now } : {}),
    });
    this.urls.push(url);
    return url;
  }

  /** A request to the first instance, or the one at `url`. A string or Buffer goes out as it is; anything else as JSON. */
  async call(method: string, path: string, body?: unknown, o: { headers?: Record<string, string>; url?: string } = {}): Promise<Answer> {
    const raw = typeof body === 'string' || Buffer.isBuffer(body);
    const answer = await fetch((o.url ?? this.urls[0]!) + path, {
      method,
      headers: {
        authorization: `Bearer ${this.#token}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...o.headers,
      },
      ...(body === undefined ? {} : { body: raw ? (body as string) : JSON.stringify(body) }),
    });
    return { status: answer.status, headers: answer.headers, body: await answer.json() };
  }

  async command(...commands: ConversionCommand[]): Promise<void> {
    await this.publishRaw(commands.map((command) => ({ key: commandKey(command), value: encodeEvent(command) })));
  }

  async publishRaw(messages: readonly { key: string; value: Buffer | null }[]): Promise<void> {
    const topic = topicName(TOPICS.conversionsCommands, this.prefix);
    await sendSurely(
      this.publisher,
      messages.map((message) => ({ topic, ...message })),
    );
  }

  async rows<Row extends pg.QueryResultRow>(sql: string, values: unknown[] = []): Promise<Row[]> {
    return (await this.pool.query<Row>(sql, values)).rows;
  }

  async stop(): Promise<void> {
    await Promise.all(this.lives.map((life) => life.stop()));
    await Promise.all([...this.#readers.map((reader) => reader.stop()), this.publisher.close()]);
    await this.pool.end();
    await this.database.drop();
    // With its causes, since these say what to mend.
    expect(this.lives.flatMap(({ fatals }) => fatals.map((fatal) => inspect(fatal)))).toEqual([]);
  }

  #reader(stream: EventStream, topic: TopicDefinition, take: (value: Buffer | null) => void): TopicReader {
    return new TopicReader({
      stream,
      topic: topicName(topic, this.prefix),
      logger: pino({ level: 'silent' }),
      onRecord: ({ value }) => take(value),
      onFatal: (error) => {
        throw error;
      },
    });
  }
}
