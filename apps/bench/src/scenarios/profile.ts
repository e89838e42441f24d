import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { freePort, WORKSPACE, type ServiceName } from '@ringback/testbed';
import { AS_TRACKERS, FAST } from '../children/sink-port.js';
import { Inspector } from '../measure/inspector.js';
import { profileShares, type Share } from '../measure/profile-shares.js';
import { table } from '../report/table.js';
import { told, type Row } from '../report/row.js';
import type { BenchContext, Scenario } from '../scenario.js';
import { apiLoad, configureByApi } from '../world/api.js';
import { AFFILIATE, World } from '../world/world.js';
import { BATCH, BATCHES_AT_ONCE, DESTINATIONS as END_TO_END_DESTINATIONS } from './end-to-end.js';

const DESTINATIONS = 10;
const PLACES = 20;
const FUNCTIONS = 20;
const WITH_CALLEES = 50;

/** The same work as `cost` and as `end-to-end`, with V8's sampling profiler on: where the time of the two busiest services goes. */
export const profile: Scenario = {
  name: 'profile',
  title: "Where the dispatcher's CPU time goes, under the load of cost, and conversions-service's, under that of end-to-end",
  isReport: true,
  async run(context: BenchContext): Promise<Row[]> {
    const count = context.short ? 10_000 : 60_000;
    const warmUp = Math.min(count, 20_000);
    await profileDispatcher(context, warmUp, count);
    await profileConversions(context, warmUp, count);
    return [told('deliveries in each profile', count, '')];
  },
};

async function profileDispatcher(context: BenchContext, warmUp: number, count: number): Promise<void> {
  const port = await freePort();
  const world = await World.ofDispatcher(context, { services: { 'dispatcher-service': inspectedAt(port) } });
  const ports = await world.destinations(DESTINATIONS, FAST);
  const offers = ports.map((_, index) => index + 1);
  const load = await world.eventLoad();
  const deliver = async (conversions: number, all: number) => {
    await load.call('burst', conversions, offers, AFFILIATE);
    await world.delivered(all, 240_000);
    await world.recorded(all);
  };
  await deliver(warmUp, warmUp);
  await takeProfile(context, 'dispatcher-service', port, () => deliver(count, warmUp + count));
  await world.dispatcher.stop();
}

async function profileConversions(context: BenchContext, warmUp: number, count: number): Promise<void> {
  const port = await freePort();
  const world = await World.start(context, { services: { 'conversions-service': inspectedAt(port) } });
  const load = await apiLoad(world, await configureByApi(world, END_TO_END_DESTINATIONS, AS_TRACKERS));
  const deliver = async (conversions: number, all: number) => {
    await load.call('batches', conversions, BATCH, BATCHES_AT_ONCE);
    await world.delivered(all, 240_000);
  };
  await deliver(warmUp, warmUp);
  await takeProfile(context, 'conversions-service', port, () => deliver(count, warmUp + count));
}

async function takeProfile(context: BenchContext, service: ServiceName, port: number, work: () => Promise<void>): Promise<void> {
  const step = context.step(`profile of ${service}`);
  const inspector = await Inspector.attach(port);
  await inspector.startProfile();
  await work();
  const taken = await inspector.stopProfile();
  inspector.close();
  step.done();
  const name = `${service}.cpuprofile`;
  writeFileSync(join(WORKSPACE, '.local', name), JSON.stringify(taken));
  const { places, functions, withCallees } = profileShares(taken);
  const lines = (shares: readonly Share[]) => shares.map(({ name, share }) => [`${(100 * share).toFixed(1)} %`, name]);
  context.note(table(['own time', `package or folder, ${service}`], lines(places.slice(0, PLACES))));
  context.note(table(['own time', 'function, where'], lines(functions.slice(0, FUNCTIONS))));
  // What nearly all else is called from tells nothing.
  const telling = withCallees.filter(({ name, share }) => share < 0.5 && !name.startsWith('('));
  context.note(table(['with callees', 'function, where'], lines(telling.slice(0, WITH_CALLEES))));
  context.note(`The profile itself, for Chrome DevTools or VS Code, is \`.local/${name}\`.`);
}

function inspectedAt(port: number): { nodeArgs: string[] } {
  return { nodeArgs: [`--inspect=127.0.0.1:${port}`] };
}
