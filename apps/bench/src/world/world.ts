import pg from 'pg';
import { topicName, TOPICS, type TopicDefinition } from '@ringback/contracts';
import { EventStream, Publisher } from '@ringback/event-stream';
import { eventually, freePorts, Platform, type PlatformOptions, type ServiceProcess } from '@ringback/testbed';
import { BenchChild } from '../children/calls.js';
import type { EventLoadCalls } from '../children/event-load-main.js';
import type { Behaviour } from '../children/sink-port.js';
import type { SinkCalls } from '../children/sink-main.js';
import { BenchError, type BenchContext } from '../scenario.js';
import { processCpuMs, treeCpuMs } from '../measure/process-usage.js';
import { ConfigurationRecords, type CallbackSetting, type ConfigurationRecord } from './configuration-records.js';

const silent = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };
/** Kafka measures a produce request's batch, not its records: 100 of 1.2 KB stay below the topic's limit. */
const RECORDS_PER_REQUEST = 100;
const REQUESTS_AT_ONCE = 4;
/** The affiliate of every event and callback, unless a scenario says otherwise. */
export const AFFILIATE = 1;

/** One system under measurement: its processes, its database and topics, a sink. Everything in it is closed at the scenario's end. */
export class World {
  readonly records = new ConfigurationRecords();

  private constructor(
    readonly context: BenchContext,
    readonly platform: Platform,
    readonly db: pg.Pool,
    readonly sink: BenchChild<SinkCalls>,
    private readonly publisher: Publisher,
    private readonly ownSession: number,
  ) {}

  /** @param options of the platform; the services that run are those not named in `without` */
  static async start(context: BenchContext, options: PlatformOptions = {}): Promise<World> {
    const step = context.step('starting the services');
    const { postgres, kafka } = context.servers;
    const platform = await Platform.start({ ...options, databaseServer: postgres.url, brokers: kafka.brokers });
    context.closeAtEnd(() => platform.stop());
    const db = new pg.Pool({ connectionString: platform.databaseUrl, max: 1, idleTimeoutMillis: 0 });
    db.on('error', () => undefined);
    context.closeAtEnd(() => db.end());
    const { rows } = await db.query<{ pid: number }>('select pg_backend_pid() as pid');
    const sink = new BenchChild<SinkCalls>('sink-main');
    context.closeAtEnd(() => sink.stop());
    const publisher = new Publisher(new EventStream({ brokers: platform.brokers, clientId: 'bench', logger: silent }), {
      requestTimeoutMs: 30_000,
    });
    context.closeAtEnd(() => publisher.close());
    step.done();
    return new World(context, platform, db, sink, publisher, rows[0]!.pid);
  }

  /** As {@link start}, with one dispatcher and nothing else: events and configuration are written straight to Kafka. */
  static async ofDispatcher(context: BenchContext, options: PlatformOptions = {}): Promise<World> {
    const world = await World.start(context, { ...options, without: ['gateway', 'offers-service', 'conversions-service'] });
    await world.configure([
      world.records.keyring(Buffer.from(world.platform.settings.masterKey, 'base64')),
      world.records.affiliate(AFFILIATE),
    ]);
    return world;
  }

  get dispatcher(): ServiceProcess {
    return this.platform.service('dispatcher-service');
  }

  topic(topic: TopicDefinition): string {
    return topicName(topic, this.platform.topicPrefix);
  }

  /** Writes records to the configuration topic, several requests under way at a time: their order is that of one connection. */
  async configure(records: Iterable<ConfigurationRecord>): Promise<void> {
    const topic = this.topic(TOPICS.offersConfigurations);
    const sending: Promise<void>[] = [];
    let batch: { topic: string; key: string; value: Buffer }[] = [];
    for (const record of records) {
      batch.push({ topic, ...record });
      if (batch.length < RECORDS_PER_REQUEST) continue;
      sending.push(this.publisher.send(batch));
      batch = [];
      if (sending.length >= REQUESTS_AT_ONCE) await sending.shift();
    }
    await Promise.all([...sending, this.publisher.send(batch)]);
  }

  /** Opens ports of the sink, and makes offer i with callback i to the i-th of them (i from `firstId`). @returns the ports */
  async destinations(count: number, behaviour: Behaviour, setting: (port: number) => Partial<CallbackSetting> = () => ({}), firstId = 1) {
    const ports = await this.sinkPorts(count, behaviour);
    const records = ports.flatMap((port, index) => {
      const id = firstId + index;
      const url = `http://127.0.0.1:${port}/postback/${id}?transaction={transaction_id}&status={status}`;
      return [this.records.offer(id), this.records.callback({ id, offerId: id, affiliateId: AFFILIATE, url, ...setting(port) })];
    });
    await this.configure(records);
    return ports;
  }

  async sinkPorts(count: number, behaviour: Behaviour): Promise<number[]> {
    const ports = await freePorts(count);
    await this.sink.call('listen', ports, behaviour);
    return ports;
  }

  /** A process that writes events straight to Kafka, under the newest configuration written here. */
  async eventLoad(tracedShare = 0): Promise<BenchChild<EventLoadCalls>> {
    const load = new BenchChild<EventLoadCalls>('event-load-main');
    this.context.closeAtEnd(() => load.stop());
    const { revision } = this.records;
    await load.call('open', { brokers: this.platform.brokers, topic: this.topic(TOPICS.conversionsEvents), revision, tracedShare });
    return load;
  }

  /** @returns CPU time used so far, in ms: of each running service, of PostgreSQL without the bench's own session, of Kafka. */
  cpu(): Record<string, number> {
    const { postgres, kafka } = this.context.servers;
    const services = (['gateway', 'offers-service', 'conversions-service', 'dispatcher-service'] as const).flatMap((name) =>
      this.platform.instances(name).map((service) => [service.name, processCpuMs(service.pid)] as const),
    );
    return { ...Object.fromEntries(services), postgresql: treeCpuMs(postgres.pid, [this.ownSession]), kafka: processCpuMs(kafka.pid) };
  }

  async sql<Row extends pg.QueryResultRow>(statement: string, values: unknown[] = []): Promise<Row[]> {
    return (await this.db.query<Row>(statement, values)).rows;
  }

  async count(from: string, values: unknown[] = []): Promise<number> {
    const [row] = await this.sql<{ count: string }>(`select count(*) as count from ${from}`, values);
    return Number(row!.count);
  }

  /** Waits until the sink has answered `ids` different deliveries with 2xx. @throws {BenchError} when some never come */
  async delivered(ids: number, timeoutMs: number, onProgress: (ids: number) => void = () => undefined): Promise<void> {
    let seen = 0;
    try {
      await eventually(
        async () => {
          this.context.signal.throwIfAborted();
          seen = (await this.sink.call('report')).answeredIds;
          onProgress(seen);
          return seen >= ids;
        },
        { timeoutMs, intervalMs: 50 },
      );
    } catch (cause) {
      throw new BenchError(`${ids - seen} of ${ids} deliveries did not come within ${timeoutMs / 1000} s`, { cause });
    }
    if (seen > ids) throw new BenchError(`${seen} deliveries came of ${ids}`);
  }

  /** Waits until conversions-service's outbox is empty: every event is in Kafka. */
  async published(timeoutMs = 60_000): Promise<void> {
    await eventually(async () => (await this.count('conversions.outbox')) === 0, { timeoutMs, intervalMs: 100 });
  }

  /** Waits until the dispatcher has recorded the first `events` events of the run: their deliveries are in the log, or parked. */
  async recorded(events: number, timeoutMs = 60_000): Promise<void> {
    await eventually(
      async () => {
        const [row] = await this.sql<{ done: string | null }>(
          'select sum(next_offset) as done from dispatcher.intake_progress where topic = $1',
          [this.topic(TOPICS.conversionsEvents)],
        );
        return Number(row!.done ?? 0) >= events;
      },
      { timeoutMs, intervalMs: 10 },
    );
  }

  /** Waits until the log has exactly so many delivered: what was sent last is recorded last. @throws {BenchError} otherwise */
  async mustHaveLogged(deliveries: number): Promise<void> {
    let logged = 0;
    try {
      await eventually(
        async () => {
          logged = await this.count(`dispatcher.delivery where status = 'delivered'`);
          return logged >= deliveries;
        },
        { timeoutMs: 60_000, intervalMs: 500 },
      );
    } catch (cause) {
      throw new BenchError(`the log has ${logged} deliveries, not ${deliveries}`, { cause });
    }
    if (logged > deliveries) throw new BenchError(`the log has ${logged} deliveries, not ${deliveries}`);
  }
}

/** @returns what was used between two readings, per process. */
export function used(before: Readonly<Record<string, number>>, after: Readonly<Record<string, number>>): Record<string, number> {
  return Object.fromEntries(Object.entries(after).map(([name, ms]) => [name, ms - (before[name] ?? 0)]));
}
