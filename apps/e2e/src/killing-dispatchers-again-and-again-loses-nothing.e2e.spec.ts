import { faultSizes, RecordingReceiver, type ReceivedRequest, type ServiceProcess } from '@ringback/testbed';
import { eventually } from './harness/eventually.js';
import { seededRandom } from './harness/seeded-random.js';
import { ownSystem, type System } from './harness/system.js';
import { Traffic } from './harness/traffic.js';

const { kills, seed } = faultSizes();
const PARTITIONS = 12;
const BURST = 100;
/** A group notices a death after 10 s, and its leases run out in the same time: with room for a busy machine. */
const RESUMED_WITHIN_MS = 45_000;

describe('killing dispatchers again and again', () => {
  let system: System;
  let ids: { offerId: number; affiliateId: number };
  let receivers: RecordingReceiver[];
  let traffic: Traffic | undefined;
  const random = seededRandom(seed);
  const upTo = (most: number) => Math.floor(random() * (most + 1));
  /** Sent and not recorded at a kill, and at how many: all that may be repeated. */
  const mayRepeat = new Map<string, number>();

  beforeAll(async () => {
    [system, ...receivers] = await Promise.all([ownSystem(), ...Array.from({ length: 4 }, () => RecordingReceiver.start())]);
    const { network, platform } = system;
    await platform.addInstance('dispatcher-service');
    ids = { offerId: (await network.offer()).id, affiliateId: (await network.affiliate()).id };
    for (const receiver of receivers) {
      receiver.answer(({ index }) => ({ delayMs: 100 + ((index * 37) % 200) }));
      await network.callback(ids.offerId, { affiliateId: ids.affiliateId, url: `${receiver.url}/{conversion_id}`, timeoutMs: 30_000 });
    }
  });
  afterAll(async () => {
    await traffic?.stop();
    await system.close();
    await Promise.all(receivers.map((receiver) => receiver.stop()));
  });

  const requests = () => receivers.flatMap((receiver) => receiver.requests);
  const arrived = () => receivers.reduce((sum, receiver) => sum + receiver.requests.length, 0);
  const open = () => receivers.reduce((sum, receiver) => sum + receiver.open, 0);
  const withOutcome = (outcome: ReceivedRequest['outcome']) => requests().filter((request) => request.outcome === outcome);

  /** At a random one of the next requests, with enough of them in flight. */
  async function randomMoment(inFlight: number, within: number): Promise<void> {
    const moment = arrived() + upTo(within);
    await eventually(
      () => {
        expect(arrived()).toBeGreaterThanOrEqual(moment);
        expect(open()).toBeGreaterThanOrEqual(inFlight);
      },
      { intervalMs: 2 },
    );
  }

  /** @returns whether it had requests in flight. */
  async function kill(victim: ServiceProcess): Promise<boolean> {
    const abortedBefore = withOutcome('aborted').length;
    await victim.kill();
    await Promise.all(receivers.map((receiver) => receiver.caughtUp()));
    // Who is alive goes on; what was open at the kill ends all the same, so that then every open request is a living one's.
    const openAtKill = withOutcome('open');
    await eventually(() => expect(openAtKill.filter(({ outcome }) => outcome === 'open')).toEqual([]));
    const alive = new Set(withOutcome('open').map(({ webhookId }) => webhookId));
    const sent = [...new Set(requests().map(({ webhookId }) => webhookId!))].filter((id) => !alive.has(id));
    for (const id of await system.unrecorded(sent)) mayRepeat.set(id, (mayRepeat.get(id) ?? 0) + 1);
    return withOutcome('aborted').length > abortedBefore;
  }

  /** All partitions are worked, by both, and nothing is parked: what a killed one had claimed would wait for its lease of 45 s to run out. */
  async function bothWork(): Promise<void> {
    await eventually(
      async () => {
        const leased = await system.sql(
          'select owner, count(*)::integer from dispatcher.intake_progress where owner is not null and lease_until > now() group by owner',
        );
        expect(leased).toHaveLength(2);
        expect(leased.reduce((sum, { count }) => sum + Number(count), 0)).toBe(PARTITIONS);
        expect(await system.sql('select id from dispatcher.parked limit 1')).toEqual([]);
      },
      { timeoutMs: RESUMED_WITHIN_MS, intervalMs: 100 },
    );
  }

  const missing = (conversionIds: readonly string[]) =>
    receivers.flatMap((receiver, index) => {
      const paths = new Set(receiver.requests.map(({ rawUrl }) => rawUrl));
      return conversionIds.filter((id) => !paths.has(`/${id}`)).map((id) => `${index} ${id}`);
    });

  it(
    `${kills} SIGKILLs at random moments, each with requests in flight: nothing lost, only what was in flight repeated (seed ${seed})`,
    async () => {
      const { network, platform } = system;
      traffic = new Traffic(network, () => ({ ...ids, status: 'pending' }), { perSecond: 15, batchSize: 5, maxOpen: 20 });
      const bursts: string[] = [];
      const burst = async () => {
        const { items } = await network.batch(Array.from({ length: BURST }, () => ({ ...ids, status: 'pending' })));
        bursts.push(...items.flatMap((item) => ('conversion' in item ? [item.conversion.id] : [])));
      };
      // The group takes 10 s to notice the dead, and works on nothing meanwhile: so that the other is killed at work too, it is right after.
      for (let killed = 0; killed < kills;) {
        await bothWork();
        await burst();
        await randomMoment(40, BURST);
        const [one, other] = platform.instances('dispatcher-service');
        const victims = random() < 0.5 ? [one!, other!] : [other!, one!];
        const inThisRound = Math.min(kills - killed, killed % 3 === 0 ? 2 : 1);
        for (const victim of victims.slice(0, inThisRound)) {
          if (victim !== victims[0]) await randomMoment(2, 10);
          await kill(victim);
          killed++;
        }
        await burst();
        const dead = victims.slice(0, inThisRound);
        for (const victim of dead) victim.relaunch();
        await Promise.all(dead.map((victim) => victim.waitUntilReady()));
        // Deliveries go on, those of the dead one's partitions too.
        await eventually(() => expect(missing(bursts)).toEqual([]), { timeoutMs: RESUMED_WITHIN_MS, intervalMs: 200 });
      }
      const { acknowledged } = await traffic.stop();
      await system.settled({ timeoutMs: 90_000 });

      expect(missing([...bursts, ...acknowledged])).toEqual([]);
      for (const receiver of receivers) {
        const idsByPath = new Map<string, Set<string>>();
        for (const { rawUrl, webhookId } of receiver.requests) idsByPath.set(rawUrl, (idsByPath.get(rawUrl) ?? new Set()).add(webhookId!));
        // A repeat carries the id of the first.
        expect([...idsByPath.values()].filter((ids) => ids.size > 1)).toEqual([]);
        expect([...receiver.countsById()].filter(([id, count]) => count - 1 > (mayRepeat.get(id) ?? 0))).toEqual([]);
      }
      expect(receivers.reduce((sum, { repeats }) => sum + repeats, 0)).toBeGreaterThan(0);
    },
    kills * 60_000,
  );
});
