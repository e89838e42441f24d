import { RecordingReceiver } from '@ringback/testbed';
import { BenchChild } from '../children/calls.js';
import type { BareClientCalls } from '../children/bare-client-main.js';
import { FAST } from '../children/sink-port.js';
import { processCpuMs } from '../measure/process-usage.js';
import { median } from '../measure/statistics.js';
import { atMost, told, type Row } from '../report/row.js';
import { BenchError, type BenchContext, type Scenario } from '../scenario.js';
import { AFFILIATE, used, World } from '../world/world.js';

const DESTINATIONS = 10;
/**
 * Of the bare client, over all destinations: where it is at its cheapest. An undici pool looks for an idle connection one by one, so that a
 * request costs half as much with 2 connections a pool as with 50.
 */
const IN_FLIGHT = 20;
/** Its first 30,000 requests cost twice as much as the later ones: V8 compiles. */
const BARE_WARM_UP = 30_000;

/**
 * What a delivery costs: events lie in Kafka faster than they are worked off, and the sink answers at once, so that all that is measured is
 * the dispatcher and its share of PostgreSQL. The yardstick is an undici pool that sends the very same request to the same sink, as often.
 * Both are warm, and take turns. It sends as fast as it can, and once more at the dispatcher's rate: a sink that is never idle is not woken
 * by each request, which makes them cheaper.
 */
export const cost: Scenario = {
  name: 'cost',
  title: 'CPU of a delivery, event in Kafka → 200 answered and logged, against a bare undici client',
  async run(context: BenchContext): Promise<Row[]> {
    const count = context.short ? 6_000 : 30_000;
    const rounds = context.short ? 2 : 5;
    const collector = await RecordingReceiver.start();
    context.closeAtEnd(() => collector.stop());
    const tracing = context.tracing === undefined ? {} : { env: { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url } };
    const world = await World.ofDispatcher(context, tracing);
    const ports = await world.destinations(DESTINATIONS, FAST);
    const offers = ports.map((_, index) => index + 1);
    const load = await world.eventLoad(context.tracing);
    const bare = new BenchChild<BareClientCalls>('bare-client-main');
    context.closeAtEnd(() => bare.stop());
    await bare.call('open', ports, Math.ceil(IN_FLIGHT / ports.length));
    let published = 0;

    const deliver = async () => {
      const before = world.cpu();
      const startedAt = performance.now();
      await load.call('burst', count, offers, AFFILIATE);
      published += count;
      await world.delivered(published, 120_000);
      const ms = performance.now() - startedAt;
      await world.recorded(published);
      return { ms, cpu: perThousand(used(before, world.cpu()), count) };
    };
    const request = async (count: number, perSecond?: number) => {
      const sample = await world.sink.call('sample');
      // The request is the same each time, so to the sink they are one delivery that is repeated; that one is known already.
      const before = processCpuMs(bare.pid);
      const answered = await bare.call('send', sample, count, IN_FLIGHT, perSecond);
      if (answered !== count) throw new BenchError(`the bare client had ${answered} of ${count} answers`);
      return ((processCpuMs(bare.pid) - before) / count) * 1_000;
    };

    const step = context.step('cost', rounds + 1);
    await deliver();
    await request(BARE_WARM_UP);
    step.at(1);
    const ours: Awaited<ReturnType<typeof deliver>>[] = [];
    const theirs: number[] = [];
    const theirsAtOurRate: number[] = [];
    for (let round = 0; round < rounds; round++) {
      const delivered = await deliver();
      ours.push(delivered);
      theirs.push(await request(count));
      theirsAtOurRate.push(await request(count, (count / delivered.ms) * 1_000));
      step.at(round + 2);
    }
    step.done();
    await world.mustHaveLogged(published);

    const of = (name: string) => median(ours.map(({ cpu }) => cpu[name]!));
    const against = (bare: number[]) =>
      median(ours.map(({ cpu }, index) => (cpu['dispatcher-service']! + cpu['postgresql']!) / bare[index]!));
    return [
      atMost('dispatcher + PostgreSQL against bare undici', against(theirs), 4, '×'),
      told('against bare undici that sends no faster', against(theirsAtOurRate), '×'),
      told('dispatcher', of('dispatcher-service'), 'CPU ms per 1,000'),
      told('PostgreSQL', of('postgresql'), 'CPU ms per 1,000'),
      told('Kafka, for information', of('kafka'), 'CPU ms per 1,000'),
      told('bare undici', median(theirs), 'CPU ms per 1,000'),
      told('bare undici, no faster than ours', median(theirsAtOurRate), 'CPU ms per 1,000'),
      told('rate, one dispatcher', (count / median(ours.map(({ ms }) => ms))) * 1_000, '/s'),
    ];
  },
};

function perThousand(ms: Record<string, number>, count: number): Record<string, number> {
  return Object.fromEntries(Object.entries(ms).map(([name, value]) => [name, (value / count) * 1_000]));
}
