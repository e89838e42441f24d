import { faultSizes, startKafka, startPostgres } from '@ringback/testbed';
import { eventually } from './eventually.js';
import { setTimeout as delay } from 'node:timers/promises';
import { ownSystem, type System } from './system.js';
import { Traffic } from './traffic.js';

const { outageMs } = faultSizes();

const SERVICES = ['offers-service', 'conversions-service', 'dispatcher-service', 'gateway'] as const;

/**
 * Declares the spec of one server's outage under load, by SIGKILL (`killed`) or by SIGSTOP (`hanging`): what was acknowledged meanwhile is
 * all delivered afterwards, what could not be accepted got a 503, and nothing needed a restart by hand. The servers are the spec's own.
 */
export function outageOf(server: 'kafka' | 'postgresql', how: 'killed' | 'hanging'): void {
  let system: System;
  let kafka: Awaited<ReturnType<typeof startKafka>>;
  let postgres: Awaited<ReturnType<typeof startPostgres>>;
  let ids: { offerId: number; affiliateId: number };

  beforeAll(async () => {
    [kafka, postgres] = await Promise.all([startKafka(), startPostgres()]);
    system = await ownSystem({ brokers: kafka.brokers, databaseServer: postgres.url });
    ids = { offerId: (await system.network.offer()).id, affiliateId: (await system.network.affiliate()).id };
    await system.network.callback(ids.offerId, { affiliateId: ids.affiliateId, url: `${system.receiver.url}/{conversion_id}` });
  });
  afterAll(async () => {
    await system.close();
    await Promise.all([kafka.stop(), postgres.stop()]);
  });

  /** @returns what brings it back. */
  async function takeAway(): Promise<() => Promise<void>> {
    const victim = server === 'kafka' ? kafka : postgres;
    if (how === 'hanging') {
      victim.pause();
      return async () => victim.resume();
    }
    await victim.kill();
    return () => victim.restart();
  }

  it('what was acknowledged is delivered, what was not got a 503, nothing is restarted by hand', async () => {
    const { network, receiver, platform } = system;
    const pids = () => SERVICES.map((name) => platform.service(name).pid);
    const before = pids();
    const traffic = new Traffic(network, () => ({ ...ids, status: 'pending' }), { perSecond: 100 });
    await eventually(() => expect(traffic.acknowledged).toBeGreaterThan(50));
    const bringBack = await takeAway();
    // The length of the outage is the subject.
    await delay(outageMs);
    await bringBack();
    const acknowledgedBefore = traffic.acknowledged;
    await eventually(() => expect(traffic.acknowledged).toBeGreaterThan(acknowledgedBefore + 100), { timeoutMs: 30_000 });
    const { acknowledged, refused } = await traffic.stop();
    // Every refusal is a 503: no other status, no connection without an answer.
    expect([...refused.keys()].filter((status) => status !== 503)).toEqual([]);
    await system.settled({ timeoutMs: 60_000 });
    const arrived = new Set(receiver.requests.map((request) => request.rawUrl.slice(1)));
    expect(acknowledged.filter((id) => !arrived.has(id))).toEqual([]);
    expect(pids()).toEqual(before);
    for (const name of SERVICES) expect(platform.service(name).running).toBe(true);
  });
}
