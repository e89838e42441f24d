import { freshDatabase, migratedTemplate } from '@ringback/testbed';
import type { BareInsertCalls } from '../children/bare-insert-main.js';
import { BenchChild } from '../children/calls.js';
import { FAST } from '../children/sink-port.js';
import { median } from '../measure/statistics.js';
import { atLeast, exactly, told, type Row } from '../report/row.js';
import type { BenchContext, Scenario } from '../scenario.js';
import { apiLoad, configureByApi } from '../world/api.js';
import { World } from '../world/world.js';

const BATCH = 500;
const AT_ONCE = 4;
const OFFERS = 20;

/**
 * How fast the batch route takes conversions, against what PostgreSQL itself takes of the same rows (conversion, history, event in the
 * outbox, all indexes) in a database of the same schema, in batches of the same size, as many at a time. The relay publishes meanwhile, and
 * no dispatcher runs. The two take turns.
 */
export const ingest: Scenario = {
  name: 'ingest',
  title: "The batch route against PostgreSQL's own multi-row insert of the same rows",
  async run(context: BenchContext): Promise<Row[]> {
    const count = context.short ? 10_000 : 60_000;
    const rounds = context.short ? 1 : 5;
    const world = await World.start(context, { without: ['dispatcher-service'] });
    const setting = await configureByApi(world, OFFERS, FAST);
    const load = await apiLoad(world, setting);
    const server = context.servers.postgres.url;
    const database = await freshDatabase({ server, template: await migratedTemplate(server) });
    context.closeAtEnd(() => database.drop());
    const bare = new BenchChild<BareInsertCalls>('bare-insert-main');
    context.closeAtEnd(() => bare.stop());
    await bare.call('open', database.url);

    const ours = async () => {
      const startedAt = performance.now();
      await load.call('batches', count, BATCH, AT_ONCE);
      const rate = (count * 1_000) / (performance.now() - startedAt);
      await world.published();
      return rate;
    };
    const theirs = async () => {
      await bare.call('prepare', count, BATCH, setting.offers);
      const startedAt = performance.now();
      await bare.call('insert', AT_ONCE);
      const rate = (count * 1_000) / (performance.now() - startedAt);
      await bare.call('clear');
      return rate;
    };
    const step = context.step('ingest', rounds + 1);
    const measured: { ours: number; theirs: number }[] = [];
    for (let round = 0; round <= rounds; round++) {
      const pair = { ours: await ours(), theirs: await theirs() };
      // The first only warms up.
      if (round > 0) measured.push(pair);
      step.at(round + 1);
    }
    step.done();
    const recorded = await world.count('conversions.conversion');
    return [
      atLeast('batch route against the bare insert', median(measured.map(({ ours, theirs }) => ours / theirs)), 0.3, '×'),
      told('batch route', median(measured.map(({ ours }) => ours)), '/s'),
      told('bare insert', median(measured.map(({ theirs }) => theirs)), '/s'),
      exactly('acknowledged and not recorded', (rounds + 1) * count - recorded, 0, 'conversions'),
    ];
  },
};
