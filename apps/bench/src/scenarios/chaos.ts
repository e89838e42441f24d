import { eventually } from '@ringback/testbed';
import { deliveryOf } from '../children/event-load.js';
import { median, seededRandom } from '../measure/statistics.js';
import { atLeast, atMost, exactly, told, type Row } from '../report/row.js';
import { BenchError, type BenchContext, type Scenario } from '../scenario.js';
import { metric } from '../world/metrics.js';
import { AFFILIATE, World } from '../world/world.js';

const DESTINATIONS = 20;
const PER_SECOND = 400;
/** How long the sink takes, in ms: some 200 requests are under way at any time. */
const ANSWER_MS = 500;
/** Requests of the victim under way at each kill, at least, by its own metrics. */
const IN_FLIGHT = 20;
/** The moment of a kill: so long after both dispatchers worked, in ms, at most. */
const WITHIN_MS = 4_000;
const SEED = 20_260_101;

/**
 * Two dispatchers under a steady load, one of them killed (SIGKILL) at a random moment with requests under way, and started again, as a
 * supervisor does. The bound on repeats is what had arrived at the sink and was not recorded at the kill. An id that arrives must be one that
 * the event and callback determine, so a repeat cannot have another. Work is resumed when the progress of every partition has moved since the
 * kill. An event may wait longer for its first request: what a dead dispatcher had claimed of the parked ones waits until its lease ends.
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
    const resumes: number[] = [];
    const step = context.step('chaos', kills);
    for (let kill = 0; kill < kills; kill++) {
      await bothWork(world);
      await new Promise((resolve) => setTimeout(resolve, random() * WITHIN_MS));
      const victim = dispatchers[random() < 0.5 ? 0 : 1]!;
      let inFlight = 0;
      await eventually(
        async () => {
          inFlight = await metric(victim, 'ringback_dispatcher_requests_in_flight');
          return inFlight >= IN_FLIGHT;
        },
        { timeoutMs: 60_000, intervalMs: 50 },
      );
      await victim.kill();
      const resumed = resumedMs(world);
      // Told below: it must not end the process while something else is awaited.
      resumed.catch(() => undefined);
      // In this order: what arrives between the two counts is let off, not what was recorded.
      const recorded = await world.count('dispatcher.delivery');
      const { ids } = await world.sink.call('report');
      fewestInFlight = Math.min(fewestInFlight, inFlight);
      mayRepeat += ids - recorded;
      victim.relaunch();
      await victim.waitUntilReady();
      resumes.push(await resumed);
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
      atLeast('requests of the victim under way at a kill, fewest', fewestInFlight, IN_FLIGHT, ''),
      atMost('from a kill until every partition moves again, longest', Math.max(...resumes) / 1_000, 15, 's'),
      told('the same, median', median(resumes) / 1_000, 's'),
      told('longest wait of an event for its first request', waits.max / 1_000, 's'),
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

/** @returns how long it takes, from now, until each partition's recorded progress has moved; all of them have a steady flow of events */
async function resumedMs(world: World): Promise<number> {
  const startedAt = performance.now();
  const progress = async () => {
    const rows = await world.sql<{ partition: number; next_offset: string }>(
      'select partition, next_offset from dispatcher.intake_progress',
    );
    return new Map(rows.map(({ partition, next_offset }) => [partition, Number(next_offset)]));
  };
  const before = await progress();
  await eventually(async () => [...(await progress())].every(([partition, offset]) => offset > before.get(partition)!), {
    timeoutMs: 90_000,
    intervalMs: 100,
  });
  return performance.now() - startedAt;
}
