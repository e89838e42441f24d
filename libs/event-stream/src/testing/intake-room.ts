import { setTimeout as delay } from 'node:timers/promises';
import { eventually, freshDatabase, randomTopicPrefix, testBrokers } from '@ringback/testbed';
import type { Message, Producer } from 'kafkajs';
import pg from 'pg';
import { kafkaErrorType } from '../event-stream-error.js';
import { intakeTablesSql } from '../intake-tables.js';
import type { EventStreamLogger } from '../kafka-log.js';
import { EventStream, type KafkaClient } from '../kafka.js';
import type { LeasedConsumerOptions } from '../leased-consumer-options.js';
import { LeasedConsumer } from '../leased-consumer.js';
import { type ProgressMove, moveProgress } from '../partition-leases.js';
import type { IncomingMessage, PartitionLease, PartitionWorker } from '../partition-worker.js';
import { provisionTopics } from '../topic-provisioning.js';

export const SCHEMA = 'intake';
/** The least that Kafka allows by default. */
export const SESSION_TIMEOUT_MS = 6_000;

export interface LogLine {
  readonly level: string;
  readonly message: string;
  readonly fields: object;
}

/** What one instance of a service has: its own sockets to both servers, which can be cut as when the process is killed. */
export class Instance {
  readonly pool: pg.Pool;
  readonly stream: EventStream;
  readonly fatal: Error[] = [];
  readonly log: LogLine[] = [];
  readonly #clients: KafkaClient[] = [];
  #isCut = false;

  constructor(
    readonly name: string,
    brokers: string[],
    databaseUrl: string,
  ) {
    const write = (level: string) => (fields: object, message: string) => void this.log.push({ level, message, fields });
    const logger: EventStreamLogger = { debug: write('debug'), info: write('info'), warn: write('warn'), error: write('error') };
    this.pool = new pg.Pool({ connectionString: databaseUrl, max: 4, connectionTimeoutMillis: 2_000 });
    this.pool.on('error', (error) => logger.debug({ err: error }, 'idle connection lost'));
    const stream = new EventStream({ brokers, clientId: name, logger });
    const open = stream.client.bind(stream);
    stream.client = (options) => {
      const client = open(options);
      this.#clients.push(client);
      if (this.#isCut) client.cutOff();
      return client;
    };
    this.stream = stream;
  }

  /** As when the process is killed: nothing of it reaches Kafka or PostgreSQL any more. */
  cut(): void {
    this.#isCut = true;
    for (const client of this.#clients) client.cutOff();
    this.pool.query = (() => Promise.reject(new Error('killed'))) as typeof this.pool.query;
  }

  /** As when the network drops: what was connected is lost, and new connections come up. */
  cutConnections(): void {
    for (const client of this.#clients.splice(0)) client.cutOff();
  }
}

/** A topic and a database of its own, and instances that consume. */
export class IntakeRoom {
  readonly topic = `${randomTopicPrefix()}events`;
  readonly groupId = `${this.topic}.group`;
  readonly #instances: Instance[] = [];
  readonly #consumers: LeasedConsumer[] = [];
  #isPublishing = false;
  #publishing: Promise<unknown> = Promise.resolve();

  private constructor(
    readonly brokers: string[],
    readonly databaseUrl: string,
    readonly partitions: number,
    private readonly drop: () => Promise<void>,
  ) {}

  static async open(o: { partitions: number; brokers?: string[]; server?: string; config?: Record<string, string> }): Promise<IntakeRoom> {
    const database = await freshDatabase(o.server === undefined ? {} : { server: o.server });
    const room = new IntakeRoom(o.brokers ?? testBrokers(), database.url, o.partitions, () => database.drop());
    const outside = room.instance('outside');
    await outside.pool.query(`create schema ${SCHEMA}; ${intakeTablesSql(SCHEMA)}`);
    await provisionTopics(outside.stream, [{ name: room.topic, partitions: o.partitions, config: o.config ?? {} }], { prefix: '' });
    return room;
  }

  instance(name: string, brokers = this.brokers): Instance {
    const instance = new Instance(name, brokers, this.databaseUrl);
    this.#instances.push(instance);
    return instance;
  }

  consumer(instance: Instance, worker: PartitionWorker, more: Partial<LeasedConsumerOptions> = {}): LeasedConsumer {
    const consumer = new LeasedConsumer({
      stream: instance.stream,
      pool: instance.pool,
      instanceId: instance.name,
      logger: instance.stream.logger,
      onFatal: (error) => void instance.fatal.push(error),
      groupId: this.groupId,
      topic: this.topic,
      schema: SCHEMA,
      sessionTimeoutMs: SESSION_TIMEOUT_MS,
      worker,
      ...more,
    });
    this.#consumers.push(consumer);
    return consumer;
  }

  /** Messages `<from>`, `<from + 1>`…, spread over the partitions: value n goes to partition n mod partitions. */
  async publish(from: number, count: number): Promise<void> {
    await this.withKafka(async (kafka) => {
      const producer = kafka.producer({ allowAutoTopicCreation: false });
      await producer.connect();
      const values = Array.from({ length: count }, (_, i) => from + i);
      // A request per partition: it is taken whole or not at all.
      const ofPartition = (partition: number) => values.filter((value) => value % this.partitions === partition);
      await Promise.all(
        Array.from({ length: this.partitions }, (_, partition) =>
          sendOnceLed(
            producer,
            this.topic,
            ofPartition(partition).map((value) => ({ value: String(value), partition })),
          ),
        ),
      );
      await producer.disconnect();
    });
  }

  /** Waits for a condition; what the consumers were about is in the error when it does not come true in time (20 s). */
  async until(check: () => unknown, timeoutMs = 20_000): Promise<void> {
    try {
      await eventually(check, { timeoutMs });
    } catch (cause) {
      const consumers = this.#consumers.map((consumer) => JSON.stringify(consumer.health()));
      const log = this.#instances.flatMap(({ name, log: lines }) =>
        lines.slice(-15).map(({ level, message, fields }) => `${name} ${level} ${message} ${JSON.stringify(fields).slice(0, 200)}`),
      );
      throw new Error(`${String(check)} did not come true\n${[...consumers, ...log].join('\n')}`, { cause });
    }
  }

  /** Publishes 60 messages after the other, until told to stop. */
  publishSteadily(): { stop(): Promise<number> } {
    let published = 0;
    this.#isPublishing = true;
    const publishing = (async () => {
      for (; this.#isPublishing; published += 60) await this.publish(published, 60);
    })();
    this.#publishing = publishing.catch(() => undefined);
    const stop = async () => {
      this.#isPublishing = false;
      await publishing;
      return published;
    };
    return { stop };
  }

  /** As retention does: everything below `offset` is gone from partition 0. */
  async deleteBelow(offset: number): Promise<void> {
    await this.withKafka(async (kafka) => {
      const admin = kafka.admin();
      await admin.connect();
      // Also makes the client know who leads the partition.
      await admin.fetchTopicOffsets(this.topic);
      await admin.deleteTopicRecords({ topic: this.topic, partitions: [{ partition: 0, offset: String(offset) }] });
    });
  }

  async withKafka<T>(work: (kafka: KafkaClient['kafka']) => Promise<T>): Promise<T> {
    const client = this.#instances[0]!.stream.client();
    try {
      return await work(client.kafka);
    } finally {
      client.cutOff();
    }
  }

  /** `next_offset` of every partition that has a row. */
  async progress(): Promise<number[]> {
    const { rows } = await this.#instances[0]!.pool.query(`select next_offset from ${SCHEMA}.intake_progress order by partition`);
    return rows.map((row: { next_offset: string }) => Number(row.next_offset));
  }

  async owners(): Promise<(string | null)[]> {
    const { rows } = await this.#instances[0]!.pool.query(`select owner from ${SCHEMA}.intake_progress order by partition`);
    return rows.map((row: { owner: string | null }) => row.owner);
  }

  async close(): Promise<void> {
    this.#isPublishing = false;
    await this.#publishing;
    await Promise.all(this.#consumers.map((consumer) => consumer.stop()));
    await Promise.all(this.#instances.map(({ pool }) => pool.end()));
    await this.drop();
  }
}

/** A broker that has just come up, or a topic just made, has no leader for a moment; nothing was taken then. */
async function sendOnceLed(producer: Producer, topic: string, messages: Message[]): Promise<void> {
  while (messages.length > 0) {
    try {
      await producer.send({ topic, acks: -1, messages });
      return;
    } catch (error) {
      if (kafkaErrorType(error) !== 'NOT_LEADER_FOR_PARTITION') throw error;
      await delay(50);
    }
  }
}

/** Notes all that the consumer tells it, and records what it admitted: at once, or not before it is drained. */
export class NotingWorker implements PartitionWorker {
  /** In the order of admission. */
  readonly admitted: { partition: number; epoch: number; offset: number; value: string }[] = [];
  readonly leases: PartitionLease[] = [];
  readonly lostLeases: PartitionLease[] = [];
  readonly drainedAtMs = new Map<number, number>();
  readonly acquiredAtMs = new Map<number, number>();
  /** Called with each batch, before it is noted. */
  onAdmit: (lease: PartitionLease, messages: readonly IncomingMessage[]) => void | Promise<void> = () => undefined;
  readonly #settled = new Map<PartitionLease, number>();
  readonly #recording = new Map<PartitionLease, Promise<void>>();

  constructor(
    private readonly instance: Instance,
    private readonly records: 'at once' | 'when drained' | 'never' = 'at once',
  ) {}

  get values(): string[] {
    return this.admitted.map(({ value }) => value);
  }

  acquired(lease: PartitionLease): void {
    this.leases.push(lease);
    this.acquiredAtMs.set(lease.partition, performance.now());
  }

  async admit(lease: PartitionLease, messages: readonly IncomingMessage[]): Promise<void> {
    await this.onAdmit(lease, messages);
    for (const { offset, value } of messages)
      this.admitted.push({ partition: lease.partition, epoch: lease.epoch, offset, value: String(value) });
    this.#settled.set(lease, messages.at(-1)!.offset + 1);
    if (this.records === 'at once') this.#recordSoon(lease);
  }

  async drain(lease: PartitionLease): Promise<void> {
    if (this.records === 'when drained') this.#recordSoon(lease);
    await this.#recording.get(lease);
    this.drainedAtMs.set(lease.partition, performance.now());
  }

  lost(lease: PartitionLease): void {
    this.lostLeases.push(lease);
  }

  /** @returns the moves that were refused. */
  async record(lease: PartitionLease, nextOffset: number): Promise<ProgressMove[]> {
    const { topic, partition, epoch } = lease;
    const client = await this.instance.pool.connect();
    try {
      return await moveProgress(client, SCHEMA, this.instance.name, [{ topic, partition, epoch, nextOffset }]);
    } finally {
      client.release();
    }
  }

  #recordSoon(lease: PartitionLease): void {
    const before = this.#recording.get(lease) ?? Promise.resolve();
    const record = () => this.record(lease, this.#settled.get(lease) ?? lease.startOffset).then(() => undefined);
    // What cannot be recorded is not: the next owner gets it again.
    this.#recording.set(
      lease,
      before.then(record).catch(() => undefined),
    );
  }
}
