import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { freePort, WORKSPACE } from '@ringback/testbed';
import { FAST } from '../children/sink-port.js';
import { Inspector } from '../measure/inspector.js';
import { profileShares, type Share } from '../measure/profile-shares.js';
import { table } from '../report/table.js';
import { told, type Row } from '../report/row.js';
import type { BenchContext, Scenario } from '../scenario.js';
import { AFFILIATE, World } from '../world/world.js';

const DESTINATIONS = 10;
const PLACES = 20;
const FUNCTIONS = 20;
const WITH_CALLEES = 50;

/** The same work as `cost`, with V8's sampling profiler on: where the dispatcher's time goes. */
export const profile: Scenario = {
  name: 'profile',
  title: "Where the dispatcher's CPU time goes, under the load of cost",
  isReport: true,
  async run(context: BenchContext): Promise<Row[]> {
    const count = context.short ? 10_000 : 60_000;
    const port = await freePort();
    const world = await World.ofDispatcher(context, { services: { 'dispatcher-service': { nodeArgs: [`--inspect=127.0.0.1:${port}`] } } });
    const ports = await world.destinations(DESTINATIONS, FAST);
    const offers = ports.map((_, index) => index + 1);
    const load = await world.eventLoad();
    const step = context.step('profile', 2 * count);
    const warmUp = Math.min(count, 20_000);
    await load.call('burst', warmUp, offers, AFFILIATE);
    await world.delivered(warmUp, 120_000, (done) => step.at(done));
    const inspector = await Inspector.attach(port);
    await inspector.startProfile();
    await load.call('burst', count, offers, AFFILIATE);
    await world.delivered(warmUp + count, 240_000, (done) => step.at(done));
    await world.recorded(warmUp + count);
    const taken = await inspector.stopProfile();
    inspector.close();
    step.done();
    const file = join(WORKSPACE, '.local', 'dispatcher.cpuprofile');
    writeFileSync(file, JSON.stringify(taken));
    const { places, functions, withCallees } = profileShares(taken);
    const lines = (shares: readonly Share[]) => shares.map(({ name, share }) => [`${(100 * share).toFixed(1)} %`, name]);
    context.note(table(['own time', 'package or folder'], lines(places.slice(0, PLACES))));
    context.note(table(['own time', 'function, where'], lines(functions.slice(0, FUNCTIONS))));
    // What nearly all else is called from tells nothing.
    const telling = withCallees.filter(({ name, share }) => share < 0.5 && !name.startsWith('('));
    context.note(table(['with callees', 'function, where'], lines(telling.slice(0, WITH_CALLEES))));
    context.note('The profile itself, for Chrome DevTools or VS Code, is `.local/dispatcher.cpuprofile`.');
    return [told('deliveries in the profile', count, '')];
  },
};
