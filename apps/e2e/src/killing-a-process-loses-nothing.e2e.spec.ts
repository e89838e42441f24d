import { faultSizes, RecordingReceiver } from '@ringback/testbed';
import { eventually } from './harness/eventually.js';
import { ownSystem, type System } from './harness/system.js';
import { Traffic } from './harness/traffic.js';

const { inFlightAtKill } = faultSizes();

describe('killing a process loses nothing', () => {
  let system: System;
  let ids: { offerId: number; affiliateId: number };
  /** One a callback: what is in flight at once is bounded for each destination, at 16 until it has shown that it takes more. */
  let receivers: RecordingReceiver[];
  beforeAll(async () => {
    [system, ...receivers] = await Promise.all([ownSystem(), ...Array.from({ length: 16 }, () => RecordingReceiver.start())]);
    ids = { offerId: (await system.network.offer()).id, affiliateId: (await system.network.affiliate()).id };
    // p50 200 ms, as a slow tracker answers: 100 to 300 ms, so that plenty is in flight at each kill.
    for (const [callback, receiver] of receivers.entries()) {
      receiver.answer((request) => ({ delayMs: 100 + ((request.index * 37) % 200) }));
      await system.network.callback(ids.offerId, { affiliateId: ids.affiliateId, url: `${receiver.url}/${callback}/{conversion_id}` });
    }
  });
  afterAll(async () => {
    await system.close();
    await Promise.all(receivers.map((receiver) => receiver.stop()));
  });

  const sum = (count: (receiver: RecordingReceiver) => number) => receivers.reduce((all, receiver) => all + count(receiver), 0);
  const open = () => sum((receiver) => receiver.open);
  const repeats = () => sum((receiver) => receiver.repeats);

  async function unrecorded(): Promise<number> {
    const [row] = await system.sql(
      'select count(*) from unnest($1::uuid[]) sent (id) where not exists (select from dispatcher.delivery where delivery.id = sent.id)',
      [receivers.flatMap((receiver) => [...receiver.countsById().keys()])],
    );
    return Number(row!['count']);
  }

  it('SIGKILL to the dispatcher three times, then to conversions-service, each with 200 requests in flight', async () => {
    const { network, platform } = system;
    const dispatcher = platform.service('dispatcher-service');
    const conversions = platform.service('conversions-service');
    const traffic = new Traffic(network, () => ({ ...ids, status: 'pending' }), { perSecond: 20, batchSize: 10, maxOpen: 20 });
    const bursts: string[] = [];
    /** Sent and not yet recorded at a kill, over all kills: all that may be repeated. */
    let inFlight = 0;
    const killWithRequestsInFlight = async (victim: typeof dispatcher) => {
      // 60 deliveries for each destination keep all lanes full for several answers' time.
      const burst = await network.batch(Array.from({ length: 60 }, () => ({ ...ids, status: 'pending' })));
      bursts.push(...burst.items.flatMap((item) => ('conversion' in item ? [item.conversion.id] : [])));
      await eventually(() => expect(open()).toBeGreaterThanOrEqual(inFlightAtKill), { timeoutMs: 30_000, intervalMs: 2 });
      await victim.kill();
      if (victim === dispatcher) {
        await eventually(() => expect(open()).toBe(0));
        inFlight += await unrecorded();
      }
      victim.relaunch();
      await victim.waitUntilReady();
    };
    for (let kill = 0; kill < 3; kill++) await killWithRequestsInFlight(dispatcher);
    await killWithRequestsInFlight(conversions);
    const before = traffic.acknowledged;
    await eventually(() => expect(traffic.acknowledged).toBeGreaterThan(before + 100), { timeoutMs: 30_000 });
    const { acknowledged } = await traffic.stop();
    await system.settled({ timeoutMs: 60_000 });

    const expected = [...acknowledged, ...bursts].flatMap((id) => receivers.map((_, callback) => `/${callback}/${id}`));
    const arrived = new Map<string, Set<string>>();
    for (const request of receivers.flatMap(({ requests }) => requests)) {
      const ids = arrived.get(request.rawUrl) ?? new Set<string>();
      arrived.set(request.rawUrl, ids.add(request.webhookId!));
    }
    expect(expected.filter((path) => !arrived.has(path))).toEqual([]);
    // A repeat carries the id of the first.
    expect([...arrived.values()].filter((ids) => ids.size > 1)).toEqual([]);
    expect(repeats()).toBeGreaterThan(0);
    expect(repeats()).toBeLessThanOrEqual(inFlight);
  });
});
