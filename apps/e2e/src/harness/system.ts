import { randomUUID } from 'node:crypto';
import { topicName, TOPICS, type TopicDefinition } from '@ringback/contracts';
import { EventStream, Publisher } from '@ringback/event-stream';
import { kafkaConfigShape, kafkaConnection, loadConfig, signServiceToken } from '@ringback/service-runtime';
import { Platform, RecordingReceiver, type PlatformOptions, type SystemSettings } from '@ringback/testbed';
import { ApiContract, UndocumentedAnswerError } from './api-contract.js';
import { eventually } from './eventually.js';
import pg from 'pg';
import { Inbox } from './inbox.js';
import { Network, type Answer } from './network.js';

const silent = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };

/** What a spec sees of a running system: the API, its database and topics, and a receiver. */
export class System {
  readonly network: Network;
  readonly receiver: RecordingReceiver;
  readonly #settings: SystemSettings;
  readonly #platform: Platform | undefined;
  readonly #pool: pg.Pool;
  readonly #stream: EventStream;
  readonly #inboxes: Inbox[] = [];
  #publisher: Publisher | undefined;
  #undocumented: UndocumentedAnswerError | undefined;

  private constructor(settings: SystemSettings, contract: ApiContract, receiver: RecordingReceiver, platform?: Platform) {
    this.#settings = settings;
    this.#platform = platform;
    this.receiver = receiver;
    this.network = new Network(gatewayUrl(settings), settings.bootstrapApiKey, {
      check: (method, path, answer) => this.#judge(contract, method, path, answer),
    });
    this.#pool = new pg.Pool({ connectionString: settings.databaseUrl, max: 2 });
    this.#pool.on('error', () => undefined);
    const kafka = loadConfig(kafkaConfigShape, { ...platform?.env, KAFKA_BROKERS: settings.brokers });
    this.#stream = new EventStream({ ...kafkaConnection(kafka), clientId: 'e2e', logger: silent });
    receiver.answer((request) => this.#inboxes.find((inbox) => inbox.owns(request))?.answerTo(request) ?? {});
  }

  /** A system that runs, its gateway too: what that answers from now on is held against its own description. */
  static async of(settings: SystemSettings, platform?: Platform): Promise<System> {
    const [contract, receiver] = await Promise.all([ApiContract.read(gatewayUrl(settings)), RecordingReceiver.start()]);
    return new System(settings, contract, receiver, platform);
  }

  /** The processes. Only a spec with a system of its own may touch them. */
  get platform(): Platform {
    if (this.#platform === undefined) throw new Error('the shared system is not yours to stop or kill: use ownSystem()');
    return this.#platform;
  }

  /** The admin's sign-in. */
  get admin(): { email: string; password: string } {
    return { email: this.#settings.adminEmail, password: this.#settings.adminPassword };
  }

  inbox(): Inbox {
    const inbox = new Inbox(this.receiver);
    this.#inboxes.push(inbox);
    return inbox;
  }

  /** A service's API without the gateway before it, as internal services use it. */
  async direct(service: 'offers-service' | 'conversions-service' | 'dispatcher-service', url?: string): Promise<Network> {
    const token = await signServiceToken({ secret: this.#settings.serviceTokenSecret, audience: service, actor: { name: 'tracker' } });
    return new Network(url ?? `http://127.0.0.1:${this.#settings.ports[service]}`, token);
  }

  async sql(statement: string, values: unknown[] = []): Promise<Record<string, unknown>[]> {
    return (await this.#pool.query<Record<string, unknown>>(statement, values)).rows;
  }

  /** @returns those of the deliveries that the log does not have. */
  async unrecorded(deliveryIds: readonly string[]): Promise<string[]> {
    const rows = await this.sql(
      'select id from unnest($1::uuid[]) sent (id) where not exists (select from dispatcher.delivery where delivery.id = sent.id)',
      [deliveryIds],
    );
    return rows.map(({ id }) => String(id));
  }

  topic(topic: TopicDefinition): string {
    return topicName(topic, this.#settings.topicPrefix);
  }

  async publish(topic: TopicDefinition, messages: readonly { key: string; value: Buffer | null }[]): Promise<void> {
    if (this.#publisher === undefined) {
      this.#publisher = new Publisher(this.#stream);
      await this.#publisher.connect();
    }
    await this.#publisher.send(messages.map((message) => ({ topic: this.topic(topic), ...message })));
  }

  /** @returns the end offset of each partition. */
  async endOffsets(topic: TopicDefinition): Promise<Map<number, number>> {
    const client = this.#stream.client();
    const admin = client.kafka.admin();
    try {
      await admin.connect();
      const offsets = await admin.fetchTopicOffsets(this.topic(topic));
      return new Map(offsets.map(({ partition, high }) => [partition, Number(high)]));
    } finally {
      await admin.disconnect();
      client.cutOff();
    }
  }

  /** @returns every record that stands on a topic now, of all its partitions. */
  async readAll(topic: TopicDefinition): Promise<{ key: Buffer | null; value: Buffer | null }[]> {
    const ends = await this.endOffsets(topic);
    const records: { key: Buffer | null; value: Buffer | null }[] = [];
    const unread = new Set([...ends].flatMap(([partition, end]) => (end > 0 ? [partition] : [])));
    if (unread.size === 0) return records;
    const client = this.#stream.client();
    const consumer = client.kafka.consumer({ groupId: `e2e-reader-${randomUUID()}` });
    try {
      await consumer.connect();
      await consumer.subscribe({ topic: this.topic(topic), fromBeginning: true });
      await consumer.run({
        autoCommit: false,
        eachMessage: ({ partition, message }) => {
          records.push({ key: message.key, value: message.value });
          if (Number(message.offset) + 1 >= ends.get(partition)!) unread.delete(partition);
          return Promise.resolve();
        },
      });
      await eventually(() => {
        if (unread.size > 0) throw new Error(`partitions ${[...unread].join(', ')} of ${topic.name} are not read to their end`);
      });
      return records;
    } finally {
      await consumer.disconnect();
      client.cutOff();
    }
  }

  /** Waits until the reader of an intake topic has recorded its progress up to the topic's present end. */
  async workedOff(topic: TopicDefinition, timeoutMs = 30_000): Promise<void> {
    const schema = topic === TOPICS.conversionsCommands ? 'conversions' : 'dispatcher';
    const ends = await this.endOffsets(topic);
    await eventually(
      async () => {
        const rows = await this.sql(`select partition, next_offset from ${schema}.intake_progress where topic = $1`, [this.topic(topic)]);
        const progress = new Map(rows.map((row) => [Number(row['partition']), Number(row['next_offset'])]));
        for (const [partition, end] of ends)
          if (end > 0 && (progress.get(partition) ?? 0) < end)
            throw new Error(`partition ${partition} of ${topic.name} is at ${progress.get(partition) ?? 'none'} of ${end}`);
      },
      { timeoutMs },
    );
  }

  /**
   * Waits until all that was recorded has been worked off: no event waits in an outbox, the dispatcher's progress is at the end of
   * `conversions.events`, and nothing (of the offer, where one is named) is parked for another attempt.
   */
  async settled({ timeoutMs = 45_000, offerId }: { timeoutMs?: number; offerId?: number } = {}): Promise<void> {
    await eventually(
      async () => {
        const [row] = await this.sql('select count(*) from conversions.outbox');
        if (Number(row!['count']) > 0) throw new Error(`${String(row!['count'])} events wait in the outbox`);
      },
      { timeoutMs },
    );
    await this.workedOff(TOPICS.conversionsEvents, timeoutMs);
    await eventually(
      async () => {
        const [row] = await this.sql('select count(*) from dispatcher.parked where $1::integer is null or offer_id = $1', [
          offerId ?? null,
        ]);
        if (Number(row!['count']) > 0) throw new Error(`${String(row!['count'])} deliveries are parked`);
      },
      { timeoutMs },
    );
  }

  /** @throws {UndocumentedAnswerError} when there was one, though whoever asked took it for something else */
  async close(): Promise<void> {
    await this.#publisher?.close();
    await this.#pool.end();
    await this.#platform?.stop();
    await this.receiver.stop();
    if (this.#undocumented !== undefined) throw this.#undocumented;
  }

  #judge(contract: ApiContract, method: string, path: string, answer: Answer): void {
    try {
      contract.check(method, path, answer);
    } catch (error) {
      // Traffic counts whatever is thrown as "no answer".
      if (error instanceof UndocumentedAnswerError) this.#undocumented ??= error;
      throw error;
    }
  }
}

function gatewayUrl({ ports }: SystemSettings): string {
  return `http://127.0.0.1:${ports.gateway}`;
}

/** Where the suite's global set-up says what the shared system is. */
export const SHARED_SYSTEM_VARIABLE = 'E2E_SYSTEM';

/** The system that all specs share which leave its processes alone. */
export async function sharedSystem(): Promise<System> {
  const settings = process.env[SHARED_SYSTEM_VARIABLE];
  if (settings === undefined) return ownSystem();
  return System.of(JSON.parse(settings) as SystemSettings);
}

/** A system whose processes the spec may stop, kill, delay: a database and topics of its own, on the shared servers unless told otherwise. */
export async function ownSystem(options: PlatformOptions = {}): Promise<System> {
  const platform = await Platform.start(options);
  return System.of(platform.settings, platform);
}
