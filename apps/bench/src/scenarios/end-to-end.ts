import { AS_TRACKERS } from '../children/sink-port.js';
import { median } from '../measure/statistics.js';
import { atLeast, atMost, told, type Row } from '../report/row.js';
import type { BenchContext, Scenario } from '../scenario.js';
import { apiLoad, configureByApi } from '../world/api.js';
import { used, World } from '../world/world.js';

export const DESTINATIONS = 50;
export const BATCH = 500;
export const BATCHES_AT_ONCE = 4;

/**
 * The whole way at full speed: batches to conversions-service, as services inside the cluster send them, until every delivery was answered
 * 200 by a sink that takes as long as trackers do. The clock runs from the first batch until 99 % are answered: the last answers take the sink
 * itself up to 3 s. CPU is that of every process of
 * ours (four services, PostgreSQL, Kafka), without the load generator and the sink, which share the two cores.
 */
export const endToEnd: Scenario = {
  name: 'end-to-end',
  title: 'Batch API → 200, all processes',
  async run(context: BenchContext): Promise<Row[]> {
    const count = context.short ? 10_000 : 100_000;
    const rounds = context.short ? 1 : 3;
    const world = await World.start(context);
    const setting = await configureByApi(world, DESTINATIONS, AS_TRACKERS);
    const load = await apiLoad(world, setting);
    let recorded = 0;
    const deliver = async (conversions: number) => {
      const before = world.cpu();
      const startedAt = performance.now();
      await load.call('batches', conversions, BATCH, BATCHES_AT_ONCE);
      const ingestMs = performance.now() - startedAt;
      const most = recorded + Math.ceil(0.99 * conversions);
      recorded += conversions;
      let ms = 0;
      await world.delivered(recorded, 180_000, (ids) => {
        if (ids >= most && ms === 0) ms = performance.now() - startedAt;
      });
      await world.recorded(recorded);
      const cpu = used(before, world.cpu());
      return { rate: ((0.99 * conversions) / ms) * 1_000, ingestRate: (conversions / ingestMs) * 1_000, cpu, conversions };
    };

    const step = context.step('end to end', rounds + 1);
    await deliver(Math.min(count, 20_000));
    step.at(1);
    const runs: Awaited<ReturnType<typeof deliver>>[] = [];
    for (let round = 0; round < rounds; round++) {
      runs.push(await deliver(count));
      step.at(round + 2);
    }
    step.done();
    await world.mustHaveLogged(recorded);

    const perThousand = (name: string) => median(runs.map(({ cpu, conversions }) => (cpu[name]! / conversions) * 1_000));
    const all = median(runs.map(({ cpu, conversions }) => (Object.values(cpu).reduce((sum, ms) => sum + ms, 0) / conversions) * 1_000));
    return [
      atLeast('end to end', median(runs.map(({ rate }) => rate)), 7_500, '/s'),
      atMost('CPU of all processes', all, 180, 'CPU ms per 1,000'),
      told('accepted by the batch API meanwhile', median(runs.map(({ ingestRate }) => ingestRate)), '/s'),
      ...Object.keys(runs[0]!.cpu).map((name) => told(`of it ${name}`, perThousand(name), 'CPU ms per 1,000')),
    ];
  },
};
