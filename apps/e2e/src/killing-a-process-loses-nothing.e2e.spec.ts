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
    // 200 to 600 ms, as a slow tracker answers, so that plenty is in flight at each kill.
    for (const [callback, receiver] of receivers.entries()) {
      receiver.answer((request) => ({ delayMs: 200 + ((request.index * 37) % 400) }));
      await system.network.callback(ids.offerId, { affiliateId: ids.affiliateId, url: `${receiver.url}/${callback}/{conversion_id}` });
    }
  });
  afterAll(async () => {
    await system.close();
    await Promise.all(receivers.map((receiver) => receiver.stop()));
  });

  const open = () => receivers.reduce((sum, receiver) => sum + receiver.open, 0);
  const timesSent = () => receivers.flatMap((receiver) => [...receiver.countsById()]);

  it('SIGKILL to the dispatcher three times, then to conversions-service, each with 200 requests in flight', async () => {
    const { network, platform } = system;
    const dispatcher = platform.service('dispatcher-service');
    const conversions = platform.service('conversions-service');
    const traffic = new Traffic(network, () => ({ ...ids, status: 'pending' }), { perSecond: 10, batchSize: 5, maxOpen: 20 });
    const bursts: string[] = [];
    /** Sent and not recorded at a kill, and at how many: all that may be repeated. */
    const mayRepeat = new Map<string, number>();
    const killWithRequestsInFlight = async (victim: typeof dispatcher) => {
      // 40 deliveries for each destination keep all lanes full for a while.
      const burst = await network.batch(Array.from({ length: 40 }, () => ({ ...ids, status: 'pending' })));
      bursts.push(...burst.items.flatMap((item) => ('conversion' in item ? [item.conversion.id] : [])));
      await eventually(() => expect(open()).toBeGreaterThanOrEqual(inFlightAtKill), { timeoutMs: 30_000, intervalMs: 2 });
      await victim.kill();
      if (victim === dispatcher) {
        await Promise.all(receivers.map((receiver) => receiver.caughtUp()));
        await eventually(() => expect(open()).toBe(0));
        for (const id of await system.unrecorded(timesSent().map(([id]) => id))) mayRepeat.set(id, (mayRepeat.get(id) ?? 0) + 1);
      }
      victim.relaunch();
      await victim.waitUntilReady();
    };
    for (let kill = 0; kill < 3; kill++) await killWithRequestsInFlight(dispatcher);
    await killWithRequestsInFlight(conversions);
    const before = traffic.acknowledged;
    await eventually(() => expect(traffic.acknowledged).toBeGreaterThan(before + 50), { timeoutMs: 30_000 });
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
    // On a busy machine an answer can take too long: an attempt that is on record is no repeat.
    const failed = await system.sql('select delivery_id as id, count(*)::integer as times from dispatcher.delivery_attempt group by 1');
    for (const { id, times } of failed) mayRepeat.set(String(id), (mayRepeat.get(String(id)) ?? 0) + Number(times));
    const repeated = timesSent().filter(([, times]) => times > 1);
    expect(repeated.length).toBeGreaterThan(0);
    expect(repeated.filter(([id, times]) => times - 1 > (mayRepeat.get(id) ?? 0))).toEqual([]);
  });
});
