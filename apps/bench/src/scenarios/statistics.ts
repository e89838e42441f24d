import type { Statistics } from '@ringback/contracts';
import { loggedPlanIn } from '../measure/logged-plan.js';
import { percentiles } from '../measure/statistics.js';
import { atMost, exactly, told, type Row } from '../report/row.js';
import { BenchError, type BenchContext, type Scenario } from '../scenario.js';
import { seedRollups } from '../world/rollup-rows.js';
import { World } from '../world/world.js';

const DAY_MS = 86_400_000;
const BUDGET_MS = 200;

/** A month, as screens ask for it: each way of grouping by days, and what costs most. */
const QUESTIONS: readonly { readonly what: string; readonly query: Record<string, string> }[] = [
  ...['none', 'status', 'offer', 'affiliate', 'callback', 'destination'].map((groupBy) => ({
    what: `by ${groupBy}, days`,
    query: { groupBy, interval: 'day' },
  })),
  { what: 'by none, hours', query: { groupBy: 'none', interval: 'hour' } },
  { what: 'by destination, days of a zone', query: { groupBy: 'destination', interval: 'day', timezone: 'America/New_York' } },
  { what: 'by callback, the slowest first, sums', query: { groupBy: 'callback', interval: 'none', order: 'slowest' } },
  { what: 'by destination, most failures first, sums', query: { groupBy: 'destination', interval: 'none', order: 'failures' } },
  { what: "an offer's callbacks, hours", query: { groupBy: 'callback', interval: 'hour', offerId: '7', limit: '10' } },
  { what: "an affiliate's offers, days", query: { groupBy: 'offer', interval: 'day', affiliateId: '7' } },
];

/** Whose plans are kept. */
const EXPLAINED = QUESTIONS.filter(({ query }) => query['groupBy'] !== 'status' && query['groupBy'] !== 'affiliate');

/**
 * A month of statistics over ten million deliveries: rollups are written as the dispatcher's own sums have them (2,000 offers, 10,000
 * callbacks, 500 affiliates, 200 destinations, few of them busy), and each question is asked again and again through the gateway.
 */
export const statistics: Scenario = {
  name: 'statistics',
  title: 'A month of statistics over ten million deliveries',
  async run(context: BenchContext): Promise<Row[]> {
    const days = context.short ? 3 : 31;
    const deliveriesPerDay = context.short ? 20_000 : Math.ceil(10_000_000 / days);
    const rounds = context.short ? 5 : 40;
    const world = await World.start(context, { without: ['offers-service', 'conversions-service'] });
    const today = Math.floor(Date.now() / DAY_MS) * DAY_MS;
    const month = { fromMs: today - days * DAY_MS, days, deliveriesPerDay };
    const seeding = context.step('writing a month of rollups', days);
    await seedRollups(world, month, (done) => seeding.at(done));
    seeding.done();

    const ask = async (query: Record<string, string>): Promise<{ ms: number; answer: Statistics }> => {
      const range = { from: new Date(month.fromMs).toISOString(), to: new Date(today).toISOString() };
      const startedAt = performance.now();
      const response = await fetch(`${world.platform.url}/v1/stats/deliveries?${new URLSearchParams({ ...range, ...query })}`, {
        headers: { authorization: `Bearer ${world.platform.bootstrapApiKey}` },
        signal: AbortSignal.timeout(30_000),
      });
      const text = await response.text();
      const ms = performance.now() - startedAt;
      if (!response.ok)
        throw new BenchError(`the question ${JSON.stringify(query)} was answered ${response.status}: ${text.slice(0, 500)}`);
      return { ms, answer: JSON.parse(text) as Statistics };
    };
    const rows: Row[] = [];
    const step = context.step('asking', QUESTIONS.length);
    for (const [index, { what, query }] of QUESTIONS.entries()) {
      await ask(query);
      const times: number[] = [];
      for (let round = 0; round < rounds; round++) times.push((await ask(query)).ms);
      rows.push(atMost(`${what}: p95`, percentileOf(times, 0.95), BUDGET_MS, 'ms'), told('its median', percentiles(times).p50, 'ms'));
      step.at(index + 1);
    }
    step.done();
    const { totals } = (await ask({ groupBy: 'none', interval: 'none' })).answer;
    await explaining(world, async () => {
      for (const { what, query } of EXPLAINED) {
        await ask(query);
        context.note(planOf(world, what, query['order'] === undefined ? 'rows' : 'ranks'));
      }
    });
    return [
      told('deliveries', totals.delivered + totals.exhausted, ''),
      exactly('of them missing in the sum', days * deliveriesPerDay - totals.delivered - totals.exhausted, 0, ''),
      told('rows of days', await world.count('dispatcher.statistics_day'), ''),
      told('rows of four and sixteen days', await severalDays(world), ''),
      told('rows of hours', await world.count('dispatcher.statistics_hour'), ''),
      ...rows,
    ];
  },
};

async function severalDays(world: World): Promise<number> {
  return (await world.count('dispatcher.statistics_four_days')) + (await world.count('dispatcher.statistics_sixteen_days'));
}

function percentileOf(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)]!;
}

/** Runs `work` while PostgreSQL writes the plan of each statement of the dispatcher into its log. */
async function explaining(world: World, work: () => Promise<void>): Promise<void> {
  const { name } = world.platform.database;
  const setting = (text: string) => world.sql(`alter database "${name}" ${text}`);
  await setting(`set session_preload_libraries = 'auto_explain'`);
  for (const [key, value] of [
    ['log_min_duration', '0'],
    ['log_analyze', 'on'],
    ['log_buffers', 'on'],
    ['log_timing', 'off'],
  ] as const)
    await setting(`set auto_explain.${key} = ${value}`);
  await world.dispatcher.restart();
  await work();
  await setting('reset all');
}

/** @returns how PostgreSQL ran the last question's statement: that of the shown groups' rows, or the one that puts groups in order. */
function planOf(world: World, what: string, which: 'rows' | 'ranks'): string {
  const isRank = (query: string) => !query.includes('as latency');
  const isWanted = (query: string) => query.includes('as tiles') && (which === 'ranks') === isRank(query);
  const plan = loggedPlanIn(world.context.servers.postgres.logPath, isWanted);
  if (plan === null) throw new BenchError(`PostgreSQL explained no statement for: ${what}`);
  // Buckets and keys by the hundred say nothing.
  return `A month ${what}, as PostgreSQL ran it:\n${plan.replace(/'\{[^}]{40,}\}'/g, "'{…}'")}`;
}
