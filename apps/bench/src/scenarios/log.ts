import { eventually } from '@ringback/testbed';
import { loggedPlanIn } from '../measure/logged-plan.js';
import { shortenedPlan } from '../measure/shortened-plan.js';
import { percentiles } from '../measure/statistics.js';
import { atMost, exactly, told, type Row } from '../report/row.js';
import { BenchError, type BenchContext, type Scenario } from '../scenario.js';
import { get } from '../world/api.js';
import { logPages, type LogPage } from '../world/log-pages.js';
import { seedLog } from '../world/log-rows.js';
import { World } from '../world/world.js';

const FIRST_PAGE_MS = 200;
const EXPLAIN_TRIES = 50;

interface Page {
  readonly items: readonly { readonly id: string; readonly conversionId: string; readonly attempts: number }[];
  readonly nextCursor: string | null;
  readonly searchedThrough: string | null;
}

/**
 * A log of ten million deliveries over thirty days, as a network would have made them, asked over the public API as people ask it. Each first
 * page is asked for once after PostgreSQL was started anew (its buffers are empty, the system's are not), then again and again.
 */
export const log: Scenario = {
  name: 'log',
  title: 'A delivery log of 10,000,000 rows (or `--rows`): the first page of any filter',
  async run(context: BenchContext): Promise<Row[]> {
    const rows = context.rows ?? (context.short ? 100_000 : 10_000_000);
    // The log's own processes: who may ask, and who answers.
    const world = await World.start(context, { without: ['offers-service', 'conversions-service'] });
    const nowMs = Date.now();
    const seeding = context.step(`filling the log with ${rows.toLocaleString('en-US')} rows`, rows);
    const { databaseUrl } = world.platform;
    await seedLog({ databaseUrl, rows, nowMs, signal: context.signal, onProgress: (done) => seeding.at(done) });
    seeding.done();
    const measured = [...(await size(world)), ...(await firstPages(world, nowMs)), ...(await oneDelivery(world))];
    return measured;
  },
};

async function size(world: World): Promise<Row[]> {
  const bytesOf = (index: string) =>
    `(select sum(pg_relation_size(c.oid)) from pg_inherits i join pg_class c on c.oid = i.inhrelid where i.inhparent = 'dispatcher.${index}'::regclass)`;
  const [found] = await world.sql<{ rows: string; log: string; sieve: string; ended: string; answer: string }>(
    `select (select count(*) from dispatcher.delivery) as rows, (select sum(pg_total_relation_size(relid)) from pg_partition_tree('dispatcher.delivery') where isleaf) as log,
       ${bytesOf('delivery_sieve')} as sieve, ${bytesOf('delivery_ended')} as ended, ${bytesOf('delivery_answer')} as answer`,
  );
  const mb = (bytes: string) => Number(bytes) / 1024 ** 2;
  return [
    told('rows in the log', Number(found!.rows), ''),
    told('parked', await world.count('dispatcher.parked'), ''),
    told('earlier attempts', await world.count('dispatcher.delivery_attempt'), ''),
    told('the log with its indexes', mb(found!.log), 'MB'),
    told('of it the sieve', mb(found!.sieve), 'MB'),
    told('of it what was given up, and other answers', mb(found!.ended) + mb(found!.answer), 'MB'),
  ];
}

/** The first page of every filter: its p95, and what it was just after PostgreSQL started. */
async function firstPages(world: World, nowMs: number): Promise<Row[]> {
  const { context } = world;
  const times = context.short ? 5 : 40;
  const [some] = (await ask(world, { httpStatus: 503 })).items;
  const pages = logPages(nowMs, some!.conversionId);
  const step = context.step('first pages', pages.length);
  await context.servers.postgres.restart();
  await eventually(async () => ask(world, { limit: 1 }).then(() => true), { timeoutMs: 60_000, intervalMs: 200 });
  const cold: number[] = [];
  for (const page of pages) cold.push((await timed(() => ask(world, page.query))).ms);
  const rows: Row[] = [];
  let unanswered = 0;
  for (const [index, page] of pages.entries()) {
    context.signal.throwIfAborted();
    const all: number[] = [];
    let last: Page | undefined;
    for (let time = 0; time < times; time++) {
      const { ms, result } = await timed(() => ask(world, page.query));
      all.push(ms);
      last = result;
    }
    if (last!.items.length < 50 && last!.nextCursor !== null && last!.searchedThrough === null) unanswered++;
    rows.push(atMost(`${page.name}: ${shownEnd(last!)}, p95`, percentiles(all).p95, FIRST_PAGE_MS, 'ms'));
    step.at(index + 1);
  }
  step.done();
  for (const plan of await plansOf(world, pages, some!.id)) context.note(plan);
  const coldest = percentiles(cold);
  return [
    ...rows,
    told('each once after a start of PostgreSQL, p95', coldest.p95, 'ms'),
    told('the slowest of these', coldest.max, 'ms'),
    exactly('pages that are not full, go on, and do not say how far they searched', unanswered, 0, ''),
  ];
}

/** One delivery with a dozen attempts. */
async function oneDelivery(world: World): Promise<Row[]> {
  const exhausted = (await ask(world, { status: 'exhausted', limit: 200 })).items.filter(({ attempts }) => attempts > 1);
  const all: number[] = [];
  for (const { id, attempts } of exhausted) {
    const { ms, result } = await timed(() => get<{ attemptLog: readonly { request: unknown }[] }>(world, `/v1/deliveries/${id}`));
    if (result.attemptLog.length !== attempts || result.attemptLog.some(({ request }) => request === null))
      throw new BenchError(`delivery ${id} does not show its ${attempts} attempts`);
    all.push(ms);
  }
  return [told('one delivery with all its attempts, p95', percentiles(all).p95, 'ms')];
}

function ask(world: World, query: LogPage['query']): Promise<Page> {
  const asked = new URLSearchParams(Object.entries(query).map(([name, value]): [string, string] => [name, String(value)]));
  return get<Page>(world, `/v1/deliveries?${asked}`);
}

function shownEnd({ items, searchedThrough }: Page): string {
  return `${items.length} found${searchedThrough === null ? '' : ` back to ${searchedThrough.slice(0, 10)}`}`;
}

async function timed<Result>(work: () => Promise<Result>): Promise<{ ms: number; result: Result }> {
  const startedAt = performance.now();
  const result = await work();
  return { ms: performance.now() - startedAt, result };
}

/** @returns how PostgreSQL ran the statements behind some of the pages, from its own log: the sessions of a dispatcher that starts anew explain what they run. */
async function plansOf(world: World, pages: readonly LogPage[], deliveryId: string): Promise<string[]> {
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
  const one = () => get(world, `/v1/deliveries/${deliveryId}`);
  const explained = [
    ...pages.flatMap(({ query, explained }) => (explained === undefined ? [] : [{ ...explained, request: () => ask(world, query) }])),
    { what: 'One delivery', marker: 'from dispatcher.parked where id = $1', request: one },
    { what: 'Its attempts', marker: 'from dispatcher.delivery_attempt where delivery_id = $1', request: one },
  ];
  const plans: string[] = [];
  for (const { what, marker, request } of explained) {
    let plan: string | null = null;
    // On a machine that is busy the page's time may be up before this statement's turn.
    for (let tries = 0; plan === null && tries < EXPLAIN_TRIES; tries++) {
      await request();
      // PostgreSQL writes its log before it answers.
      plan = loggedPlanIn(world.context.servers.postgres.logPath, (text) => text.includes(marker));
    }
    if (plan === null) throw new BenchError(`PostgreSQL explained no statement for: ${what}`);
    plans.push(`${what}, as PostgreSQL ran it:\n${shortenedPlan(plan)}`);
  }
  await setting('reset all');
  await world.dispatcher.restart();
  return plans;
}
