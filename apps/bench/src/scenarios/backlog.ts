import { eventually } from '@ringback/testbed';
import { AS_TRACKERS } from '../children/sink-port.js';
import { loggedPlanIn } from '../measure/logged-plan.js';
import { median } from '../measure/statistics.js';
import { atLeast, atMost, exactly, told, type Row } from '../report/row.js';
import { BenchError, type BenchContext, type Scenario } from '../scenario.js';
import { seedParked } from '../world/parked-rows.js';
import { AFFILIATE, World } from '../world/world.js';

const HEALTHY = 50;
/** Destinations that have retries coming due, and nothing else. */
const RETRYING = 10;
const RETRIES_PER_SECOND = 50;
const PER_SECOND = 1_000;
/** The dispatcher's own default. */
const DRAIN_PER_SECOND = 1_000;

interface Figures {
  readonly perSecond: number;
  readonly startP99: number;
  /** Of the dead destination's backlog. */
  readonly drainedPerSecond: number;
  /** Retries: due → sent. */
  readonly retryP99: number;
}

/**
 * One destination is dead and has a million deliveries parked, all due. The others have a steady rate of new events, and ten of them retries
 * that come due meanwhile (their due time is in their ids, so the sink itself sees how late they are). First without the backlog, then with
 * it; then the destination comes back. The backlog cannot be put away and brought back, so the runs do not take turns.
 */
export const backlog: Scenario = {
  name: 'backlog',
  title: 'A million parked deliveries of one dead destination, and the others beside it',
  async run(context: BenchContext): Promise<Row[]> {
    const rows = context.short ? 50_000 : 1_000_000;
    const runMs = context.short ? 8_000 : 20_000;
    const rounds = context.short ? 1 : 3;
    const world = await World.ofDispatcher(context);
    const healthy = await world.destinations(HEALTHY, AS_TRACKERS);
    const retrying = await world.destinations(RETRYING, AS_TRACKERS, undefined, HEALTHY + 1);
    const deadId = HEALTHY + RETRYING + 1;
    const dead = await world.destinations(1, { kind: 'refuse' }, undefined, deadId);
    const offers = healthy.map((_, index) => index + 1);
    const load = await world.eventLoad();
    let published = 0;
    let retries = 0;

    const run = async (label: string): Promise<Figures> => {
      await world.sink.call('forget');
      const count = Math.floor(((runMs - 6_000) / 1_000) * RETRIES_PER_SECOND);
      await seedParked(world, {
        label,
        count,
        firstCallbackId: HEALTHY + 1,
        ports: retrying,
        // A dispatcher that parks something knows when it is due; of what others park it hears within seconds.
        firstDueAtMs: Date.now() + 4_000,
        everyMs: 1_000 / RETRIES_PER_SECOND,
      });
      retries += count;
      await load.call('start', PER_SECOND, offers, AFFILIATE);
      // The run is a length of time.
      await new Promise((resolve) => setTimeout(resolve, runMs));
      const report = await world.sink.call('report');
      published += (await load.call('stop')).length;
      const answered = report.ports.filter(({ port }) => healthy.includes(port)).reduce((sum, port) => sum + port.answered, 0);
      const drained = report.ports.find(({ port }) => port === dead[0])!.answered;
      await othersArrive();
      const [start, retry] = await Promise.all([
        world.sink.call('latencies', healthy, 'start'),
        world.sink.call('latencies', retrying, 'start'),
      ]);
      if (retry.count !== count) throw new BenchError(`${retry.count} of ${count} retries were sent`);
      return {
        perSecond: (answered / runMs) * 1_000,
        drainedPerSecond: (drained / runMs) * 1_000,
        startP99: start.p99,
        retryP99: retry.p99,
      };
    };
    /** Of the dead one, nothing is expected. */
    const othersArrive = async () => {
      await eventually(
        async () => {
          const [parked, report] = await Promise.all([
            world.count('dispatcher.parked where callback_id <> $1', [deadId]),
            world.sink.call('report'),
          ]);
          return parked === 0 && report.ports.every(({ port, open }) => open === 0 || port === dead[0]);
        },
        { timeoutMs: 120_000, intervalMs: 250 },
      );
      await world.recorded(published);
    };

    const step = context.step('without and with a backlog', 2 * rounds + 1);
    await run('warm-up');
    step.at(1);
    const without: Figures[] = [];
    for (let round = 0; round < rounds; round++) {
      without.push(await run(`without ${round}`));
      step.at(round + 2);
    }
    const seeding = context.step(`parking ${rows.toLocaleString('en-US')} deliveries`, rows);
    await seedParked(
      world,
      {
        label: 'backlog',
        count: rows,
        firstCallbackId: deadId,
        ports: dead,
        firstDueAtMs: Date.now() - 3_600_000,
        everyMs: 3_600_000 / rows,
      },
      (done) => seeding.at(done),
    );
    await world.sql('vacuum analyze dispatcher.parked');
    seeding.done();
    const withBacklog: Figures[] = [];
    for (let round = 0; round < rounds; round++) {
      withBacklog.push(await run(`with ${round}`));
      step.at(rounds + round + 2);
    }
    step.done();
    for (const plan of await plansOfClaim(world, () => run('explained'))) context.note(plan);
    // The dispatcher that goes on is a new one: warm again.
    await run('warm again');

    await world.sink.call('behave', dead, AS_TRACKERS);
    const back = context.step('the destination comes back');
    const drainedOf = async () => (await world.sink.call('report')).ports.find(({ port }) => port === dead[0])!.answered;
    // Its breaker may be open for up to five minutes.
    await eventually(async () => (await drainedOf()) > DRAIN_PER_SECOND / 10, { timeoutMs: 400_000, intervalMs: 100 });
    back.done();
    const draining = await run('draining');

    // In one statement, so from one moment: rows move from one to the other.
    const kept = await world.count(
      `(select id from dispatcher.parked where callback_id = $1
        union select id from dispatcher.delivery where callback_id = $1 and status = 'delivered') as kept`,
      [deadId],
    );
    const others = await world.count(`dispatcher.delivery where callback_id <> $1 and status = 'delivered'`, [deadId]);
    const of = (figures: readonly Figures[], get: (one: Figures) => number) => median(figures.map(get));
    const perSecond = ({ perSecond }: Figures) => perSecond;
    const startP99 = ({ startP99 }: Figures) => startP99;
    const retryP99 = ({ retryP99 }: Figures) => retryP99;
    return [
      told('parked for one dead destination', rows, ''),
      atLeast("others' throughput", of(withBacklog, perSecond) / of(without, perSecond), 0.9, '×'),
      atMost('retries of others: due → sent, p99', of(withBacklog, retryP99) / 1_000, 2, 's'),
      told('the same without a backlog', of(without, retryP99) / 1_000, 's'),
      told("others' new events: p99 event → request", of(withBacklog, startP99), 'ms'),
      told('the same without a backlog', of(without, startP99), 'ms'),
      atMost('drains, when it is back', draining.drainedPerSecond, 1.1 * DRAIN_PER_SECOND, '/s'),
      atMost("others' p99 event → request while it drains", draining.startP99 / of(without, startP99), 1.5, '×'),
      atLeast("others' throughput while it drains", draining.perSecond / of(without, perSecond), 0.9, '×'),
      exactly('lost of the backlog', rows - kept, 0, 'deliveries'),
      exactly('lost of the others', published + retries - others, 0, 'deliveries'),
    ];
  },
};

const STATEMENTS: readonly { readonly what: string; readonly has: readonly string[] }[] = [
  { what: 'Whose turn it is', has: ['dispatcher.parked_queue', 'order by last_served_at', 'skip locked', 'all($'] },
  { what: 'The claim of their due rows', has: ['update dispatcher.parked\n', 'queue.max_rows', 'skip locked'] },
];

/** @returns how PostgreSQL ran a claim, from its own log: the sessions of a dispatcher that starts anew explain what they run. */
async function plansOfClaim(world: World, work: () => Promise<unknown>): Promise<string[]> {
  const { name } = world.platform.database;
  const setting = (what: string) => world.sql(`alter database "${name}" ${what}`);
  await setting(`set session_preload_libraries = 'auto_explain'`);
  for (const [key, value] of [
    ['log_min_duration', '0'],
    ['log_analyze', 'on'],
    ['log_buffers', 'on'],
  ] as const)
    await setting(`set auto_explain.${key} = ${value}`);
  await world.dispatcher.restart();
  await work();
  await setting('reset all');
  await world.dispatcher.restart();
  return STATEMENTS.map(({ what, has }) => {
    const isWanted = (query: string, plan: string) => has.every((part) => query.includes(part)) && !/^[^\n]*rows=0\.00/.test(plan);
    const plan = loggedPlanIn(world.context.servers.postgres.logPath, isWanted);
    if (plan === null) throw new BenchError(`PostgreSQL explained no statement for: ${what}`);
    return `${what}, with the backlog, as PostgreSQL ran it:\n${plan}`;
  });
}
