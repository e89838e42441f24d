import { readFileSync } from 'node:fs';
import { eventually, freePort, SERVICES, type ServiceName } from '@ringback/testbed';
import { AS_TRACKERS, FAST, type Behaviour } from '../children/sink-port.js';
import { Inspector, type HeapUse } from '../measure/inspector.js';
import { openSockets, residentMb } from '../measure/process-usage.js';
import { median } from '../measure/statistics.js';
import { statementsIn } from '../measure/logged-statements.js';
import { atMost, exactly, told, type Row } from '../report/row.js';
import type { BenchContext, Scenario } from '../scenario.js';
import { apiLoad, configureByApi } from '../world/api.js';
import { hasRead } from '../world/metrics.js';
import { AFFILIATE, World } from '../world/world.js';

const CALLBACKS = 10_000;
const DESTINATIONS = 20;
const PER_SECOND = 100;
/** Sockets and timers come and go one at a time: a few more or less are no leak. */
const SLACK = 5;

/** Of the destinations, in turn: what a day of mixed load meets. */
const BAD: readonly Behaviour[] = [
  { kind: 'hang' },
  { kind: 'refuse' },
  { kind: 'drip' },
  { kind: 'answer', status: 500, delay: 'none' },
  { kind: 'answer', status: 429, delay: 'none' },
];

/**
 * Three questions: what the processes ask PostgreSQL while nothing happens (counted in its own log); what a dispatcher holds with 10,000
 * callbacks; and whether anything grows under hours of mixed load, a quarter of whose destinations hang, refuse, drip, fail or push back.
 * What is alive after a collection is compared between the second and the last quarter; at the end, when all is delivered, sockets and timers
 * must be back where they were.
 */
export const memory: Scenario = {
  name: 'memory',
  title: 'Idle, with 10,000 callbacks, and under mixed load',
  async run(context: BenchContext): Promise<Row[]> {
    return [...(await idleStatements(context)), ...(await withTenThousand(context)), ...(await mixedLoad(context))];
  },
};

async function idleStatements(context: BenchContext): Promise<Row[]> {
  const seconds = context.short ? 10 : 60;
  const world = await World.start(context, { without: SERVICES });
  // Sessions that begin from now on have each of their statements logged.
  await world.sql(`alter database "${world.platform.database.name}" set log_statement = 'all'`);
  for (const service of SERVICES) await world.platform.addInstance(service);
  const step = context.step(`idle for ${seconds} s`);
  // What a start does is no idling.
  await wait(5_000);
  const log = () => readFileSync(context.servers.postgres.logPath, 'utf8');
  const from = log().length;
  await wait(seconds * 1_000);
  const counts = statementsIn(log().slice(from));
  step.done();
  for (const service of [...SERVICES].reverse()) await world.platform.service(service).stop();
  return SERVICES.map((service) => atMost(`${service}, idle`, sumFor(counts, service) / seconds, 1, 'queries/s'));
}

/** Sessions of a service say its name and what they are for: `dispatcher-service-reads`, `offers-stream`. */
function sumFor(counts: ReadonlyMap<string, number>, service: string): number {
  return [...counts]
    .filter(([application]) => application.startsWith(service.replace('-service', '')))
    .reduce((sum, [, count]) => sum + count, 0);
}

async function withTenThousand(context: BenchContext): Promise<Row[]> {
  const world = await World.ofDispatcher(context);
  const ports = await world.sinkPorts(10, FAST);
  await world.configure(
    Array.from({ length: CALLBACKS }, (_, index) => {
      const id = index + 1;
      const offerId = 1 + Math.floor(index / 10);
      const url = `http://127.0.0.1:${ports[index % 10]!}/postback/${id}?transaction={transaction_id}&status={status}`;
      const callback = world.records.callback({ id, offerId, affiliateId: AFFILIATE + (index % 10), url });
      return index % 10 === 0 ? [world.records.offer(offerId), callback] : [callback];
    }).flat(),
  );
  await world.dispatcher.restart();
  await hasRead(world.dispatcher, world.records.revision, 60_000);
  await wait(5_000);
  const idle = residentMb(world.dispatcher.pid);
  const load = await world.eventLoad();
  const count = 20_000;
  const offers = Array.from({ length: CALLBACKS / 10 }, (_, index) => index + 1);
  await load.call('burst', count, offers, AFFILIATE);
  await world.delivered(count, 120_000);
  const after = residentMb(world.dispatcher.pid);
  await world.mustHaveLogged(count);
  await world.dispatcher.stop();
  return [
    atMost('dispatcher with 10,000 callbacks, idle', idle, 200, 'MB resident'),
    told('the same after 20,000 deliveries at full speed', after, 'MB resident'),
  ];
}

async function mixedLoad(context: BenchContext): Promise<Row[]> {
  const minutes = context.minutes ?? (context.short ? 1 : 10);
  // Each collects garbage in four processes: too many would be the load.
  const samplesWanted = context.short ? 8 : 40;
  const ports = new Map<ServiceName, number>();
  for (const service of SERVICES) ports.set(service, await freePort());
  const services = Object.fromEntries(
    SERVICES.map((service) => [service, { nodeArgs: [`--inspect=127.0.0.1:${ports.get(service)!}`] }]),
  ) as Record<ServiceName, { nodeArgs: string[] }>;
  const world = await World.start(context, { services });
  const setting = await configureByApi(world, DESTINATIONS, AS_TRACKERS, { retry: 'short' });
  const bad = setting.ports.filter((_, index) => index % 4 === 3);
  const load = await apiLoad(world, setting);
  const inspectors = new Map<ServiceName, Inspector>();
  for (const service of SERVICES) inspectors.set(service, await Inspector.attach(ports.get(service)!));
  const look = async (service: ServiceName): Promise<HeapUse> => {
    const use = await inspectors.get(service)!.heapUse();
    return { ...use, sockets: openSockets(world.platform.service(service).pid) };
  };
  const pids = SERVICES.map((service) => world.platform.service(service).pid);
  const atStart = await look('dispatcher-service');

  for (const [index, port] of bad.entries()) await world.sink.call('behave', [port], BAD[index % BAD.length]!);
  const step = context.step(`mixed load for ${minutes} min`, samplesWanted);
  await load.call('start', PER_SECOND);
  const samples: Record<ServiceName, number>[] = [];
  for (let sample = 0; sample < samplesWanted; sample++) {
    await wait((minutes * 60_000) / samplesWanted);
    const uses = await Promise.all(SERVICES.map(async (service) => [service, (await look(service)).usedBytes] as const));
    samples.push(Object.fromEntries(uses) as Record<ServiceName, number>);
    step.at(sample + 1);
  }
  const resident = residentMb(world.dispatcher.pid);
  const accepted = await load.call('stop');
  step.done();
  await world.sink.call('behave', bad, AS_TRACKERS);
  const recovering = context.step('all recover');
  await world.delivered(accepted.length, 1_200_000);
  await world.mustHaveLogged(accepted.length);
  recovering.done();
  const settling = context.step('sockets and timers settle');
  let atEnd = await look('dispatcher-service');
  await eventually(
    async () => {
      atEnd = await look('dispatcher-service');
      return atEnd.sockets <= atStart.sockets + SLACK && atEnd.timers <= atStart.timers + SLACK;
    },
    { timeoutMs: 180_000, intervalMs: 2_000 },
  ).catch(() => undefined);
  settling.done();
  for (const inspector of inspectors.values()) inspector.close();

  const quarter = Math.floor(samplesWanted / 4);
  const quarters = (service: ServiceName) =>
    [samples.slice(quarter, 2 * quarter), samples.slice(-quarter)].map((of) => median(of.map((sample) => sample[service])) / 1024 ** 2);
  const died = SERVICES.filter(
    (service, index) => world.platform.service(service).pid !== pids[index] || !world.platform.service(service).running,
  );
  return [
    told('mixed load', minutes, 'min'),
    ...SERVICES.flatMap((service) => {
      const [early, late] = quarters(service);
      // 4 MB: caches and compiled code of a program that still warms up.
      return [
        told(`${service}, alive in the second quarter`, early!, 'MB'),
        atMost(`${service}, alive in the last quarter`, late!, Math.round((1.1 * early! + 4) * 10) / 10, 'MB'),
      ];
    }),
    told('dispatcher, resident at the end of the load', resident, 'MB'),
    atMost('sockets of the dispatcher when all is delivered', atEnd.sockets, atStart.sockets + SLACK, ''),
    atMost('timers of the dispatcher when all is delivered', atEnd.timers, atStart.timers + SLACK, ''),
    exactly('processes that ended', died.length, 0, ''),
    exactly('lost', accepted.length - (await world.sink.call('report')).answeredIds, 0, 'deliveries'),
  ];
}

function wait(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
