import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { TOPICS, topicName, type Page } from '@ringback/contracts';
import { EventStream, Publisher } from '@ringback/event-stream';
import { createLogger } from '@ringback/service-runtime';
import { eventually, RecordingReceiver, type Platform, type RunningKafka, type RunningPostgres } from '@ringback/testbed';
import pg from 'pg';
import { DemoNetwork } from '../demo/demo-network.js';

/** The system that faults are made in. */
export interface FaultyWorld {
  readonly platform: Platform;
  readonly kafka: RunningKafka;
  readonly postgres: RunningPostgres;
  /** Where Node's inspector of offers-service listens once it was sent SIGUSR1. */
  readonly inspectorPort: number;
  readonly network: DemoNetwork;
  /** Conversions of it go to a receiver that answers. */
  readonly offerId: number;
  readonly affiliateId: number;
  /** Records `count` conversions of the offer at once. Rejects while they are refused. */
  record(count: number, offerId?: number): Promise<void>;
}

export interface Fault {
  /** What is wrong, in words. */
  readonly what: string;
  readonly alerts: readonly string[];
  /** More alerts, which clear long after it was mended: waited for when all faults have been made. */
  readonly clearLast?: readonly string[];
  /** By an alert's name: what tells its alert from others of that name. */
  readonly labels?: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** Default 150 s. */
  readonly firesWithinMs?: number;
  /** Makes it. @returns what mends it */
  readonly make: (world: FaultyWorld) => Promise<() => Promise<void>>;
  /** Done once a second while it lasts; may fail. Default: some conversions are recorded. */
  readonly meanwhile?: (world: FaultyWorld) => Promise<unknown>;
}

/** Nobody asks for anything. */
const quiet = () => Promise.resolve();
const RECEIVERS = 8;

/** A fault for every alert, made from outside. First those that make first attempts late, which one alert remembers for minutes. */
export const FAULTS: readonly Fault[] = [
  {
    what: 'events wait for eight seconds, so that first attempts are late',
    alerts: ['RingbackFirstAttemptsLateFast', 'RingbackFirstAttemptsLateSlow'],
    clearLast: ['RingbackFirstAttemptsLateTrend'],
    make: async (world) => {
      world.kafka.pause();
      const recording = Array.from({ length: 8 }, async (_, second) => {
        await new Promise((resolve) => setTimeout(resolve, second * 1_000));
        await world.record(20);
      });
      await Promise.all(recording);
      world.kafka.resume();
      return quiet;
    },
  },
  {
    what: 'the dispatcher is killed',
    alerts: ['RingbackServiceDown', 'RingbackTargetDown'],
    make: async ({ platform }) => {
      const dispatcher = platform.service('dispatcher-service');
      await dispatcher.kill();
      return async () => {
        dispatcher.relaunch();
        await dispatcher.waitUntilReady();
      };
    },
  },
  {
    what: 'Kafka hangs',
    alerts: ['RingbackKafkaAway', 'RingbackOutboxOld', 'RingbackOutboxDeep'],
    make: async ({ kafka }) => {
      kafka.pause();
      return async () => kafka.resume();
    },
    meanwhile: ({ record }) => record(1_000),
  },
  {
    what: 'PostgreSQL hangs',
    // The gateway cannot tell who asks for its metrics any more, so it seems to be away too.
    alerts: ['RingbackPostgresqlAway', 'RingbackServiceDown'],
    make: async ({ postgres }) => {
      postgres.pause();
      return async () => postgres.resume();
    },
  },
  {
    what: 'a foreign transaction holds the queues of what is parked',
    alerts: ['RingbackDeliveriesOverdue', 'RingbackDispatcherStalled', 'RingbackNotReady'],
    // A minute until it is overdue, and another until that is a stall.
    firesWithinMs: 240_000,
    make: async ({ platform, network, affiliateId, record }) => {
      const receiver = await RecordingReceiver.start();
      receiver.answer({ status: 500 });
      const offerId = await network.create('/v1/offers', { name: 'Held' });
      await network.callback(offerId, {
        affiliateId,
        conversionStatus: 'pending',
        httpType: 'GET',
        url: `${receiver.url}/{conversion_id}`,
        retry: 'short',
      });
      await record(3, offerId);
      // None in hand: what a lease that runs out sets free would make the dispatchers' look itself wait.
      const parked = `select from dispatcher.parked where leased_until is null and offer_id = ${offerId}`;
      const release = await hold(platform, 'select from dispatcher.parked_queue for update', { rows: 3, of: parked });
      return async () => {
        receiver.answer({ status: 200 });
        await release();
      };
    },
    meanwhile: quiet,
  },
  {
    what: 'a foreign transaction holds the progress of the partitions',
    alerts: ['RingbackConsumerLagGrowing', 'RingbackPartitionsNotWorked'],
    make: ({ platform }) => hold(platform, 'select from dispatcher.intake_progress for update'),
    meanwhile: ({ record }) => record(1_000),
  },
  {
    what: 'a message of conversions.events cannot be read',
    alerts: ['RingbackDeadLetters'],
    make: async ({ platform, network }) => {
      const stream = new EventStream({ brokers: platform.brokers, clientId: 'faults', logger: createLogger('faults', 'error') });
      const publisher = new Publisher(stream);
      await publisher.send([
        { topic: topicName(TOPICS.conversionsEvents, platform.topicPrefix), key: randomUUID(), value: Buffer.from('not JSON') },
      ]);
      await publisher.close();
      return async () => {
        const { items } = await network.get<Page<{ id: string }>>('/v1/dead-letters?replayed=false');
        // It comes back as another letter, so it is taken out by hand, as somebody would who gives it up.
        await run(platform, 'update dispatcher.dead_letter set replayed_at = now()');
        if (items.length === 0) throw new Error('the message is no dead letter');
      };
    },
  },
  {
    what: `${RECEIVERS} receivers refuse connections`,
    alerts: ['RingbackAttemptsFail', 'RingbackManyBreakersOpen'],
    make: async ({ network, affiliateId, record }) => {
      const receivers = await Promise.all(Array.from({ length: RECEIVERS }, () => RecordingReceiver.start()));
      const offerId = await network.create('/v1/offers', { name: 'Away' });
      for (const { url } of receivers)
        await network.callback(offerId, {
          affiliateId,
          conversionStatus: 'pending',
          httpType: 'GET',
          url: `${url}/{conversion_id}`,
          retry: 'short',
        });
      await Promise.all(receivers.map((receiver) => receiver.refuse()));
      await record(100, offerId);
      return async () => {
        await Promise.all(receivers.map((receiver) => receiver.accept()));
      };
    },
    meanwhile: quiet,
  },
  {
    what: 'PostgreSQL refuses the exchanges of the log, by a constraint',
    alerts: ['RingbackExchangesLost'],
    make: async ({ platform }) => {
      await run(platform, 'alter table dispatcher.delivery add constraint refuses_exchanges check (exchange is null) not valid');
      return () => run(platform, 'alter table dispatcher.delivery drop constraint refuses_exchanges');
    },
  },
  {
    what: "a row of an outbox is larger than Kafka's topic takes",
    alerts: ['RingbackOutboxRowsSetAside'],
    make: async ({ platform }) => {
      await run(
        platform,
        `insert into conversions.outbox (id, topic, key, value)
         values (nextval('conversions.outbox_id'), $1, 'too large', convert_to(repeat('x', 1200000), 'UTF8'))`,
        [topicName(TOPICS.conversionsEvents, platform.topicPrefix)],
      );
      return () => run(platform, 'delete from conversions.outbox where set_aside_at is not null');
    },
  },
  {
    what: 'offers-service computes without rest',
    alerts: ['RingbackEventLoopSaturated'],
    make: async ({ platform, inspectorPort }) => {
      platform.service('offers-service').signal('SIGUSR1');
      // Rounds of 40 ms, so that it still answers Prometheus in time.
      await evaluateIn(
        inspectorPort,
        'globalThis.busy = setInterval(() => { for (const from = performance.now(); performance.now() < from + 40; ); }, 0)',
      );
      return () => evaluateIn(inspectorPort, 'clearInterval(globalThis.busy)');
    },
  },
  {
    what: 'a foreign transaction holds the table of offers',
    alerts: ['RingbackPoolSaturated', 'RingbackRequestsFail'],
    make: ({ platform }) => hold(platform, 'lock table offers.offer in access exclusive mode'),
    // Not waited for: each takes seconds to fail, and there are some all the time.
    meanwhile: async ({ network }) => {
      for (let each = 0; each < 20; each++) network.get('/v1/offers').catch(() => undefined);
    },
  },
  {
    what: 'foreign transactions hold the progress of statistics and the table of waiting commands',
    alerts: ['RingbackStatisticsBehind', 'RingbackJobsFail'],
    // What has its turn once an hour seems late where an hour is a minute.
    labels: { RingbackJobsFail: { service: 'conversions-service', name: 'waiting commands' } },
    firesWithinMs: 300_000,
    make: async ({ platform }) => {
      const releases = [
        await hold(platform, 'select from dispatcher.statistics_progress for update'),
        await hold(platform, 'lock table conversions.waiting_command in access exclusive mode'),
      ];
      return async () => {
        for (const release of releases) await release();
      };
    },
  },
];

/** One statement, as the owner of the database. */
async function run(platform: Platform, statement: string, values: readonly string[] = []): Promise<void> {
  const client = new pg.Client({ connectionString: platform.databaseUrl });
  await client.connect();
  try {
    await client.query(statement, [...values]);
  } finally {
    await client.end();
  }
}

/** Has Node's inspector evaluate an expression, once it listens. */
async function evaluateIn(inspectorPort: number, expression: string): Promise<void> {
  const [target] = await eventually(
    async () => (await (await fetch(`http://127.0.0.1:${inspectorPort}/json/list`)).json()) as { webSocketDebuggerUrl: string }[],
  );
  const socket = new WebSocket(target!.webSocketDebuggerUrl);
  await once(socket, 'open');
  socket.send(JSON.stringify({ id: 1, method: 'Runtime.evaluate', params: { expression } }));
  await once(socket, 'message');
  socket.close();
}

/** Takes locks and keeps them. @param when how many rows of a statement there must be by then, waited for */
async function hold(platform: Platform, statement: string, when?: { rows: number; of: string }): Promise<() => Promise<void>> {
  const client = new pg.Client({ connectionString: platform.databaseUrl });
  await client.connect();
  for (;;) {
    await client.query('begin');
    await client.query(statement);
    if (when === undefined || (await client.query(when.of)).rowCount === when.rows) break;
    await client.query('rollback');
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  return async () => {
    await client.query('rollback');
    await client.end();
  };
}
