import { eventually } from '@ringback/testbed';
import { TOPICS } from '@ringback/contracts';
import type { Accepted } from '../children/api-load.js';
import type { BareChainCalls } from '../children/bare-chain-main.js';
import { BenchChild } from '../children/calls.js';
import { FAST } from '../children/sink-port.js';
import { median, percentiles } from '../measure/statistics.js';
import { atMost, told, type Row } from '../report/row.js';
import { BenchError, type BenchContext, type Scenario } from '../scenario.js';
import { apiLoad, configureByApi } from '../world/api.js';
import { World } from '../world/world.js';

const DESTINATIONS = 10;
const PER_SECOND = 100;

/**
 * How long after the sender has its 201 the request for it begins at the sink, at 100 conversions a second; directly at conversions-service,
 * since a gateway would only give the delivery a head start. The yardstick does the same steps in one process and nothing else (see
 * bare-chain-main.ts); its time counts from the answer to its insert. Both take turns of some seconds; one clock of the machine for all.
 */
export const latency: Scenario = {
  name: 'latency',
  title: "API's 201 → request starts, at 100 conversions/s, against a bare chain of insert, produce, consume, request",
  async run(context: BenchContext): Promise<Row[]> {
    const turnMs = context.short ? 4_000 : 15_000;
    const rounds = context.short ? 2 : 5;
    const world = await World.start(context);
    const setting = await configureByApi(world, DESTINATIONS, FAST);
    const load = await apiLoad(world, setting);
    const [barePort] = await world.sinkPorts(1, FAST);
    const bare = new BenchChild<BareChainCalls>('bare-chain-main');
    context.closeAtEnd(() => bare.stop());
    await bare.call('open', {
      databaseUrl: world.platform.databaseUrl,
      brokers: world.platform.brokers,
      // A topic of the same number of partitions that nobody else reads or writes in this scenario.
      topic: world.topic(TOPICS.conversionsCommands),
      port: barePort!,
    });

    const turn = async (driver: { start(): Promise<void>; stop(): Promise<Accepted[]> }, ms: number) => {
      await world.sink.call('keepArrivals', true);
      await driver.start();
      // The rate is the subject: the turn is a length of time.
      await new Promise((resolve) => setTimeout(resolve, ms));
      const accepted = await driver.stop();
      const ids = new Map(accepted.map(({ id, atMs }) => [id, atMs]));
      let arrived: [path: string, atMs: number][] = [];
      await eventually(
        async () => {
          arrived = [...(await world.sink.call('arrivals'))].filter(([path]) => ids.has(path.slice(-36)));
          return arrived.length >= ids.size;
        },
        { timeoutMs: 30_000, intervalMs: 200 },
      );
      if (arrived.length !== ids.size) throw new BenchError(`${arrived.length} requests came of ${ids.size}`);
      return percentiles(arrived.map(([path, atMs]) => atMs - ids.get(path.slice(-36))!));
    };
    const ours = { start: () => load.call('start', PER_SECOND), stop: () => load.call('stop') };
    const theirs = { start: () => bare.call('start', PER_SECOND), stop: () => bare.call('stop') };

    const step = context.step('latency', 2 * rounds + 2);
    await turn(ours, turnMs);
    step.at(1);
    await turn(theirs, turnMs);
    step.at(2);
    const measured: { ours: Awaited<ReturnType<typeof turn>>; theirs: Awaited<ReturnType<typeof turn>> }[] = [];
    for (let round = 0; round < rounds; round++) {
      measured.push({ ours: await turn(ours, turnMs), theirs: await turn(theirs, turnMs) });
      step.at(2 * round + 4);
    }
    step.done();
    const of = (who: 'ours' | 'theirs', rank: 'p50' | 'p99') => median(measured.map((round) => round[who][rank]));
    return [
      atMost('p50 against the bare chain', median(measured.map((round) => round.ours.p50 / round.theirs.p50)), 2, '×'),
      told('p50', of('ours', 'p50'), 'ms'),
      told('p99', of('ours', 'p99'), 'ms'),
      told('p50 of the bare chain', of('theirs', 'p50'), 'ms'),
      told('p99 of the bare chain', of('theirs', 'p99'), 'ms'),
    ];
  },
};
