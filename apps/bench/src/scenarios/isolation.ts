import { AS_TRACKERS, type Behaviour } from '../children/sink-port.js';
import { median } from '../measure/statistics.js';
import { atLeast, atMost, exactly, told, type Row } from '../report/row.js';
import type { BenchContext, Scenario } from '../scenario.js';
import { AFFILIATE, World } from '../world/world.js';

const DESTINATIONS = 100;
/** Destinations that fail at a time. */
const BAD = 10;
/** Of the machine's capacity: where a system is meant to run. */
const LOAD = 0.5;
const MOST_PER_SECOND = 2_000;

/** How a run differs from the one it is held against. */
interface Variant {
  readonly name: string;
  readonly bad: Behaviour;
  /** `some`: 10 % of the destinations are bad, others in the second half of the run. `half`: one is, and half of the traffic goes to it. */
  readonly shape: 'some' | 'half';
  /** Pairs of runs, with and without, of which the median counts. */
  readonly rounds: number;
}

const VARIANTS: readonly Variant[] = [
  { name: '10 % of hosts hang', bad: { kind: 'hang' }, shape: 'some', rounds: 5 },
  { name: 'half the traffic hangs', bad: { kind: 'hang' }, shape: 'half', rounds: 5 },
  { name: '10 % of hosts refuse', bad: { kind: 'refuse' }, shape: 'some', rounds: 3 },
  { name: '10 % of hosts answer 500', bad: { kind: 'answer', status: 500, delay: 'none' }, shape: 'some', rounds: 3 },
  { name: '10 % of hosts drip a byte a second', bad: { kind: 'drip' }, shape: 'some', rounds: 3 },
];

interface Figures {
  /** Deliveries a second to destinations that are healthy throughout. */
  readonly perSecond: number;
  /** Event recorded → request starts, and → 200, of the same; ms. */
  readonly startP99: number;
  readonly answeredP99: number;
}

/**
 * 100 destinations that answer as trackers do, a steady rate of events at half of what the machine can do. Runs with bad destinations take
 * turns with runs of the same traffic without; figures are of the destinations that are healthy throughout. After each run the bad ones
 * recover, and every delivery must have arrived before the next begins. The 99th percentile is that of the wait before the request starts,
 * which is what a neighbour could prolong; that until the 200, most of which is the receiver's own time, is told beside it.
 */
export const isolation: Scenario = {
  name: 'isolation',
  title: 'Healthy destinations while others hang, refuse, fail or drip, against the run without',
  async run(context: BenchContext): Promise<Row[]> {
    const runMs = context.short ? 8_000 : 14_000;
    const world = await World.ofDispatcher(context);
    const ports = await world.destinations(DESTINATIONS, AS_TRACKERS);
    const load = await world.eventLoad();
    const all = ports.map((_, index) => index + 1);
    let published = 0;

    const burst = async (count: number) => {
      await load.call('burst', count, all, AFFILIATE);
      published += count;
      const startedAt = performance.now();
      let ms = 0;
      await world.delivered(published, 120_000, (ids) => {
        if (ids >= published - 0.05 * count && ms === 0) ms = performance.now() - startedAt;
      });
      return (0.95 * count * 1_000) / ms;
    };
    const warm = context.step('capacity');
    await burst(context.short ? 5_000 : 20_000);
    const capacity = await burst(context.short ? 5_000 : 20_000);
    const perSecond = Math.min(MOST_PER_SECOND, Math.floor(LOAD * capacity));
    warm.done();

    const run = async ({ bad, shape }: Variant, isBad: boolean): Promise<Figures> => {
      const firstBad = shape === 'half' ? [ports[0]!] : ports.slice(0, BAD);
      const secondBad = shape === 'half' ? firstBad : ports.slice(BAD, 2 * BAD);
      const healthy = shape === 'half' ? ports.slice(1) : ports.slice(2 * BAD);
      const offers = shape === 'half' ? all.slice(1).flatMap((offer) => [1, offer]) : all;
      if (isBad) await world.sink.call('behave', firstBad, bad);
      await world.sink.call('forget');
      await load.call('start', perSecond, offers, AFFILIATE);
      // The run is a length of time; what is bad changes in the middle of it.
      await wait(runMs / 2);
      if (isBad && shape === 'some') {
        await world.sink.call('behave', firstBad, AS_TRACKERS);
        await world.sink.call('behave', secondBad, bad);
      }
      await wait(runMs / 2);
      const [report, start, answered] = await Promise.all([
        world.sink.call('report'),
        world.sink.call('latencies', healthy, 'start'),
        world.sink.call('latencies', healthy, 'answered'),
      ]);
      published += (await load.call('stop')).length;
      await world.sink.call('behave', [...firstBad, ...secondBad], AS_TRACKERS);
      const step = context.step(`  all recover`);
      await world.delivered(published, 600_000);
      step.done();
      const count = report.ports.filter(({ port }) => healthy.includes(port)).reduce((sum, port) => sum + port.answered, 0);
      return { perSecond: (count / runMs) * 1_000, startP99: start.p99, answeredP99: answered.p99 };
    };

    const rows: Row[] = [told('capacity', capacity, '/s'), told('load', perSecond, '/s')];
    for (const variant of VARIANTS) {
      const rounds = context.short ? 1 : variant.rounds;
      const step = context.step(variant.name, rounds);
      const pairs: { without: Figures; bad: Figures }[] = [];
      for (let round = 0; round < rounds; round++) {
        pairs.push({ without: await run(variant, false), bad: await run(variant, true) });
        step.at(round + 1);
      }
      step.done();
      const ratio = (of: (figures: Figures) => number) => median(pairs.map(({ without, bad }) => of(bad) / of(without)));
      rows.push(
        atLeast(
          `${variant.name}: throughput of the others`,
          ratio(({ perSecond }) => perSecond),
          0.9,
          '×',
        ),
        atMost(
          `${variant.name}: their p99, event → request`,
          ratio(({ startP99 }) => startP99),
          1.5,
          '×',
        ),
        told(`${variant.name}: their p99, event → request`, median(pairs.map(({ bad }) => bad.startP99)), 'ms'),
        told(`${variant.name}: the same without`, median(pairs.map(({ without }) => without.startP99)), 'ms'),
        told(
          `${variant.name}: their p99, event → 200`,
          ratio(({ answeredP99 }) => answeredP99),
          '×',
        ),
      );
    }
    await world.mustHaveLogged(published);
    const { answeredIds } = await world.sink.call('report');
    return [...rows, exactly('lost, of all that was published', published - answeredIds, 0, 'deliveries')];
  },
};

function wait(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
