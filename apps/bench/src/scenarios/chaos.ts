import { eventually } from '@ringback/testbed';
import { deliveryOf } from '../children/event-load.js';
import { seededRandom } from '../measure/statistics.js';
import { atLeast, atMost, exactly, told, type Row } from '../report/row.js';
import { BenchError, type BenchContext, type Scenario } from '../scenario.js';
import { AFFILIATE, World } from '../world/world.js';

const DESTINATIONS = 20;
const PER_SECOND = 400;
/** How long the sink takes, in ms: some 200 requests are under way at any time. */
const ANSWER_MS = 500;
/** Requests of both under way at each kill, at least. */
const IN_FLIGHT = 50;
/** The moment of a kill: so long after both dispatchers worked, in ms, at most. */
const WITHIN_MS = 4_000;
const SEED = 20_260_101;

/**
 * Two dispatchers under a steady load, one of them killed (SIGKILL) at a random moment with requests under way, and started again, as a
 * supervisor does. The bound on repeats is what had arrived at the sink and was not recorded at the kill. An id that arrives must be one that
 * the event and callback determine, so a repeat cannot have another. The longest wait of any event for its first request tells how long a
 * death holds the others up.
 */
export const chaos: Scenario = {
  name: 'chaos',
  title: 'SIGKILLs at random moments over two dispatchers, each with requests in flight',
  async run(context: BenchContext): Promise<Row[]> {
    const kills = context.short ? 5 : 50;
    const random = seededRandom(SEED);
    const world = await World.ofDispatcher(context);
    const ports = await world.destinations(DESTINATIONS, { kind: 'answer', status: 200, delay: ANSWER_MS });
    await world.platform.addInstance('dispatcher-service');
    const dispatchers = world.platform.instances('dispatcher-service');
    const load = await world.eventLoad();
    const offers = ports.map((_, index) => index + 1);
    await bothWork(world);
    await load.call('start', PER_SECOND, offers, AFFILIATE);

    let mayRepeat = 0;
    let fewestInFlight = Infinity;
    const step = context.step('chaos', kills);
    for (let kill = 0; kill < kills; kill++) {
      await bothWork(world);
      await new Promise((resolve) => setTimeout(resolve, random() * WITHIN_MS));
      const victim = dispatchers[random() < 0.5 ? 0 : 1]!;
      let before = await world.sink.call('report');
      await eventually(
        async () => {
          before = await world.sink.call('report');
          return before.open >= IN_FLIGHT;
        },
        { timeoutMs: 30_000, intervalMs: 2 },
      );
      await victim.kill();
      // In this order: what arrives between the two counts is let off, not what was recorded.
      const recorded = await world.count('dispatcher.delivery');
      const { ids, cutOff } = await world.sink.call('report');
      fewestInFlight = Math.min(fewestInFlight, cutOff - before.cutOff);
      mayRepeat += ids - recorded;
      victim.relaunch();
      await victim.waitUntilReady();
      step.at(kill + 1);
      context.signal.throwIfAborted();
    }
    await bothWork(world);
    const published = await load.call('stop');
    await world.delivered(published.length, 300_000);
    step.done();
    await world.mustHaveLogged(published.length);

    const counts = await world.sink.call('counts');
    const expected = new Set(published.map((event) => deliveryOf(event, event.offerId)));
    const strange = [...counts.keys()].filter((id) => !expected.has(id));
    if (strange.length > 0) throw new BenchError(`${strange.length} requests had an id that no delivery has, e.g. ${strange[0]!}`);
    const repeats = [...counts.values()].reduce((sum, count) => sum + count - 1, 0);
    const waits = await world.sink.call('latencies', ports, 'start');
    return [
      told('SIGKILLs', kills, ''),
      told('deliveries', published.length, ''),
      exactly('lost', [...expected].filter((id) => !counts.has(id)).length, 0, 'deliveries'),
      exactly('with another webhook-id', strange.length, 0, 'requests'),
      atMost('repeated', repeats, mayRepeat, 'requests'),
      atLeast('requests of the victim under way at a kill, fewest', fewestInFlight, 1, ''),
      atMost('longest wait of an event for its first request', waits.max / 1_000, 15, 's'),
      told('p99 of that wait', waits.p99 / 1_000, 's'),
    ];
  },
};

/** Waits until two living dispatchers own all partitions between them. */
async function bothWork(world: World): Promise<void> {
  await eventually(
    async () => {
      const [row] = await world.sql<{ owners: string; partitions: string }>(
        'select count(distinct owner) as owners, count(*) as partitions from dispatcher.intake_progress where owner is not null and lease_until > now()',
      );
      return row!.owners === '2' && row!.partitions === '12';
    },
    { timeoutMs: 90_000, intervalMs: 100 },
  );
}
