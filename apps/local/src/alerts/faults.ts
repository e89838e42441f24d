import { randomUUID } from 'node:crypto';
import { TOPICS, topicName, type Page } from '@ringback/contracts';
import { EventStream, Publisher } from '@ringback/event-stream';
import { createLogger } from '@ringback/service-runtime';
import { RecordingReceiver, type Platform, type RunningKafka, type RunningPostgres } from '@ringback/testbed';
import pg from 'pg';
import { DemoNetwork } from '../demo/demo-network.js';

/** The system that faults are made in. */
export interface FaultyWorld {
  readonly platform: Platform;
  readonly kafka: RunningKafka;
  readonly postgres: RunningPostgres;
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
  /** Makes it. @returns what mends it */
  readonly make: (world: FaultyWorld) => Promise<() => Promise<void>>;
  /** Done once a second while it lasts; may fail. Default: some conversions are recorded. */
  readonly meanwhile?: (world: FaultyWorld) => Promise<unknown>;
}

/** Nobody asks for anything. */
const quiet = () => Promise.resolve();
const RECEIVERS = 8;

/** Every fault that can be made from outside within minutes; alerts about hours and days are tried by promtool alone. */
export const FAULTS: readonly Fault[] = [
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
        const pool = new pg.Pool({ connectionString: platform.databaseUrl, max: 1 });
        await pool.query('update dispatcher.dead_letter set replayed_at = now()');
        await pool.end();
        if (items.length === 0) throw new Error('the message is no dead letter');
      };
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
    what: 'events wait for eight seconds, so that first attempts are late',
    alerts: ['RingbackFirstAttemptsLateFast', 'RingbackFirstAttemptsLateSlow'],
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
    what: 'a foreign transaction holds the queues of what is parked',
    alerts: ['RingbackDeliveriesOverdue', 'RingbackDispatcherStalled', 'RingbackNotReady'],
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
      await receiver.waitForIds(3);
      const release = await hold(platform, 'select from dispatcher.parked_queue for update', 3);
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
    what: 'a foreign transaction holds the table of offers',
    alerts: ['RingbackPoolSaturated', 'RingbackRequestsFail'],
    make: ({ platform }) => hold(platform, 'lock table offers.offer in access exclusive mode'),
    // Not waited for: each takes seconds to fail, and there are some all the time.
    meanwhile: async ({ network }) => {
      for (let each = 0; each < 20; each++) network.get('/v1/offers').catch(() => undefined);
    },
  },
];

/** Takes locks and keeps them. @param rows that there must be to hold, waited for */
async function hold(platform: Platform, statement: string, rows = 0): Promise<() => Promise<void>> {
  const client = new pg.Client({ connectionString: platform.databaseUrl });
  await client.connect();
  for (;;) {
    await client.query('begin');
    const { rowCount } = await client.query(statement);
    if ((rowCount ?? 0) >= Math.min(rows, 1)) break;
    await client.query('rollback');
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  return async () => {
    await client.query('rollback');
    await client.end();
  };
}
