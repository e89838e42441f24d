import { faultSizes, startKafka, startPostgres } from '@ringback/testbed';
import { eventually } from './eventually.js';
import { setTimeout as delay } from 'node:timers/promises';
import { ownSystem, type System } from './system.js';
import { Traffic } from './traffic.js';

const { outageMs } = faultSizes();

/**
 * Declares the specs of one server's outage, under load, by kill and by SIGSTOP: what was acknowledged meanwhile is all delivered
 * afterwards, what could not be accepted got a 503, and nothing needed a restart by hand. The servers are the spec's own.
 */
export function outageOf(server: 'kafka' | 'postgresql'): void {
  let system: System;
  let kafka: Awaited<ReturnType<typeof startKafka>>;
  let postgres: Awaited<ReturnType<typeof startPostgres>>;
  let ids: { offerId: number; affiliateId: number };

  beforeAll(async () => {
    [kafka, postgres] = await Promise.all([startKafka(), startPostgres()]);
    system = await ownSystem({ brokers: kafka.brokers, databaseServer: postgres.url });
    ids = { offerId: (await system.network.offer()).id, affiliateId: (await system.network.affiliate()).id };
    await system.network.callback(ids.offerId, { affiliateId: ids.affiliateId, url: `${system.receiver.url}/{conversion_id}` });
  }, 60_000);
  afterAll(async () => {
    await system.close();
    await Promise.all([kafka.stop(), postgres.stop()]);
  }, 60_000);

  it.each([
    [
      'by kill',
      async (victim: typeof kafka | typeof postgres) => {
        await victim.kill();
        return () => victim.restart();
      },
    ],
    [
      'by SIGSTOP',
      (victim: typeof kafka | typeof postgres) => {
        victim.pause();
        return Promise.resolve(() => {
          victim.resume();
          return Promise.resolve();
        });
      },
    ],
  ] as const)(
    '%s',
    async (_, takeAway) => {
      const { network, receiver, platform } = system;
      receiver.clear();
      const pids = platform.instances('dispatcher-service').map(({ pid }) => pid);
      const traffic = new Traffic(network, () => ({ ...ids, status: 'pending' }), { perSecond: 100 });
      await eventually(() => expect(traffic.acknowledged).toBeGreaterThan(50));
      const bringBack = await takeAway(server === 'kafka' ? kafka : postgres);
      // The length of the outage is the subject.
      await delay(outageMs);
      await bringBack();
      const before = traffic.acknowledged;
      await eventually(() => expect(traffic.acknowledged).toBeGreaterThan(before + 100), { timeoutMs: 30_000 });
      const { acknowledged, refused } = await traffic.stop();
      // Every refusal is a 503: no other status, no connection without an answer.
      expect([...refused.keys()].filter((status) => status !== 503)).toEqual([]);
      await system.settled({ timeoutMs: 60_000 });
      const arrived = new Set(receiver.requests.map((request) => request.rawUrl.slice(1)));
      expect(acknowledged.filter((id) => !arrived.has(id))).toEqual([]);
      expect(platform.instances('dispatcher-service').map(({ pid }) => pid)).toEqual(pids);
    },
    150_000,
  );
}
