import { TOPICS } from '@ringback/contracts';
import { Destinations, type Destination } from './harness/destinations.js';
import { eventually } from './harness/eventually.js';
import { ownSystem, type System } from './harness/system.js';
import { Traffic } from './harness/traffic.js';

/** Each hangs while the dispatchers change once. */
const CHANGES = 4;

describe('scaling', () => {
  let system: System;
  let destinations: Destinations;
  let ids: { offerId: number; affiliateId: number };
  let traffic: Traffic | undefined;
  beforeAll(async () => {
    [system, destinations] = await Promise.all([ownSystem(), Destinations.start(CHANGES)]);
    const { network, receiver } = system;
    const offerId = (await network.offer()).id;
    ids = { offerId, affiliateId: (await network.affiliate()).id };
    receiver.answer({ delayMs: 100 });
    const fields = { affiliateId: ids.affiliateId, retry: 'short' };
    await network.callback(offerId, { ...fields, url: `${receiver.url}/{conversion_id}/{attempt}`, timeoutMs: 30_000 });
    for (const { url } of destinations.all)
      await network.callback(offerId, { ...fields, url: `${url}/{conversion_id}/{attempt}`, timeoutMs: 2_000 });
  });
  afterAll(async () => {
    await traffic?.stop();
    await system.close();
    await destinations.stop();
  });

  /** Waits until so many dispatchers work, and each partition has got something new and worked it. */
  async function workedBy(dispatchers: number): Promise<void> {
    await eventually(
      async () => {
        const owners = await system.sql('select distinct owner from dispatcher.intake_progress where owner is not null');
        expect(owners).toHaveLength(dispatchers);
      },
      { timeoutMs: 30_000 },
    );
    const before = await system.endOffsets(TOPICS.conversionsEvents);
    await eventually(
      async () => {
        const rows = await system.sql('select partition, next_offset from dispatcher.intake_progress');
        const progress = new Map(rows.map((row) => [Number(row['partition']), Number(row['next_offset'])]));
        expect([...before].filter(([partition, end]) => (progress.get(partition) ?? 0) <= end)).toEqual([]);
      },
      { timeoutMs: 30_000 },
    );
  }

  /** One change of the dispatchers, with requests to a destination under way that hangs. */
  async function whileHanging(hanging: Destination, change: () => Promise<void>, dispatchers: number): Promise<void> {
    await hanging.turn('hangs');
    await eventually(() => expect(hanging.held).toBeGreaterThan(0));
    await change();
    await workedBy(dispatchers);
    await hanging.turn('answers');
  }

  it('1 → 3 → 1 by SIGTERM under load, a hanging destination among others: nothing lost, nothing repeated', async () => {
    const { network, platform, receiver } = system;
    traffic = new Traffic(network, () => ({ ...ids, status: 'pending' }), { perSecond: 40 });
    const join = async () => void (await platform.addInstance('dispatcher-service'));
    const stop = async (index: number) => expect(await platform.service('dispatcher-service', index).stop()).toMatchObject({ code: 0 });

    await workedBy(1);
    const [first, second, third, fourth] = destinations.all;
    await whileHanging(first!, join, 2);
    await whileHanging(second!, join, 3);
    await whileHanging(third!, () => stop(1), 2);
    await whileHanging(fourth!, () => stop(2), 1);
    const { acknowledged, refused } = await traffic.stop();
    expect(Object.fromEntries(refused)).toEqual({});
    await system.settled({ timeoutMs: 60_000 });

    expect(receiver.requests.map((request) => request.rawUrl).sort()).toEqual(acknowledged.map((id) => `/${id}/1`).sort());
    for (const { answered, received } of destinations.all) {
      const told = new Set([...answered.keys()].map((target) => target.split('/')[1]!));
      expect(acknowledged.filter((id) => !told.has(id))).toEqual([]);
      // An attempt that nobody answered is followed by another; none is made twice.
      expect([...received].filter(([, count]) => count > 1)).toEqual([]);
    }
  });
});
