import { freePort } from '@ringback/testbed';
import type { CallbackVersion } from '@ringback/contracts';
import { FAST } from '../children/sink-port.js';
import { Inspector } from '../measure/inspector.js';
import { processCpuMs, residentMb } from '../measure/process-usage.js';
import { median } from '../measure/statistics.js';
import { atMost, told, type Row } from '../report/row.js';
import type { BenchContext, Scenario } from '../scenario.js';
import type { ConfigurationRecord } from '../world/configuration-records.js';
import { hasRead } from '../world/metrics.js';
import { AFFILIATE, World } from '../world/world.js';

const CALLBACKS_PER_OFFER = 10;
const SMALL = { offers: 100, big: 0 };
const LARGE = { offers: 100_000, big: 5_000 };
const LARGE_SHORT = { offers: 2_000, big: 5_000 };
/** Goals of the offer with thousands of callbacks: each callback waits for one of them, and the last has none. */
const GOALS = 1_000;
/** An affiliate without callbacks. */
const NOBODY = 2;

type Size = typeof SMALL;

/** A system with so much configuration, and what was measured of it. */
interface Sized {
  readonly world: World;
  readonly load: Awaited<ReturnType<World['eventLoad']>>;
  readonly callbacks: number;
  readonly heapBytes: number;
  readonly residentMb: number;
  readonly readyMs: number;
  readonly readyCpuMs: number;
  readonly offers: readonly number[];
  published: number;
}

/**
 * Two systems in one run, the same but for their configuration, which is written straight to its topic: 1,000 callbacks in 100 offers, and a
 * million in 100,000 with one offer more that has 5,000 of one affiliate. Both get as many events in turn: those that match nothing are spread
 * over all offers; those that match one callback over as many callbacks in both, since what a callback's first request costs (it is compiled,
 * its secret opened) is told apart. Each kind is measured through before the next, those that deliver nothing first: what deliveries leave
 * behind makes V8 look through the whole heap every few seconds, half a second of CPU beside a million callbacks, and in a round of the others
 * that would be measured with them or not, as it falls. A callback has a URL of 120 characters with six macros, four params and a secret
 * header. Memory is what is alive after a collection.
 */
export const matching: Scenario = {
  name: 'matching',
  title: 'A million callbacks against a thousand',
  async run(context: BenchContext): Promise<Row[]> {
    const count = context.short ? 4_000 : 20_000;
    // Those that deliver nothing take a tenth of the CPU: more of them, so that the measure is as long.
    const undelivered = 4 * count;
    const rounds = context.short ? 1 : 5;
    const small = await systemOf(context, SMALL);
    const large = await systemOf(context, context.short ? LARGE_SHORT : LARGE);
    const bigOffer = large.offers.length + 1;
    // As many callbacks at work as in the small one, from all over the large one.
    const active = large.offers.filter((offer) => offer % (large.offers.length / SMALL.offers) === 1);

    /** CPU of the dispatcher, ms per 1,000 events. */
    const events = async (of: Sized, count: number, offers: readonly number[], affiliateId: number, more: { goalId?: number } = {}) => {
      const before = processCpuMs(of.world.dispatcher.pid);
      await of.load.call('burst', count, offers, affiliateId, more);
      of.published += count;
      await of.world.recorded(of.published, 120_000);
      return ((processCpuMs(of.world.dispatcher.pid) - before) / count) * 1_000;
    };
    type Figures = { small: number; large: number }[];
    /** Both in turn, as often as there are rounds; the first round only warms up. */
    const inTurn = async (name: string, round: () => Promise<Figures[number]>): Promise<Figures> => {
      const step = context.step(name, rounds + 1);
      const figures: Figures = [];
      for (let done = 0; done <= rounds; done++) {
        figures.push(await round());
        step.at(done + 1);
      }
      step.done();
      return figures.slice(1);
    };
    const none = await inTurn('events that match nothing', async () => ({
      small: await events(small, undelivered, small.offers, NOBODY),
      large: await events(large, undelivered, large.offers, NOBODY),
    }));
    const big = await inTurn('events of an offer with thousands of callbacks', async () => ({
      small: await events(small, undelivered, small.offers, NOBODY),
      large: await events(large, undelivered, [bigOffer], AFFILIATE, { goalId: GOALS }),
    }));
    const one = await inTurn('events that match one callback', async () => ({
      small: await events(small, count, small.offers, AFFILIATE),
      large: await events(large, count, active, AFFILIATE),
    }));
    const spread = await inTurn('events that match another callback each time', async () => ({
      small: await events(small, count, small.offers, AFFILIATE),
      large: await events(large, count, large.offers, AFFILIATE),
    }));
    const figures = { none, big, one, spread };
    // Of each round, the events of the affiliate with callbacks: one delivery each.
    await small.world.mustHaveLogged(2 * (rounds + 1) * count);
    await large.world.mustHaveLogged(2 * (rounds + 1) * count);
    const ratio = (of: keyof typeof figures) => median(figures[of].map(({ small, large }) => large / small));
    const of = (which: keyof typeof figures, size: 'small' | 'large') => median(figures[which].map((round) => round[size]));
    return [
      told('callbacks, large', large.callbacks, ''),
      told('callbacks, small', small.callbacks, ''),
      atMost('event that matches nothing', ratio('none'), 1.5, '×'),
      atMost('event that matches one callback', ratio('one'), 1.5, '×'),
      atMost('event of an offer with 5,000 callbacks of its affiliate, matching none', ratio('big'), 1.5, '×'),
      told('matches nothing, small', of('none', 'small'), 'CPU ms per 1,000'),
      told('matches nothing, large', of('none', 'large'), 'CPU ms per 1,000'),
      told('5,000 callbacks, matches nothing', of('big', 'large'), 'CPU ms per 1,000'),
      told('matches and delivers one, small', of('one', 'small'), 'CPU ms per 1,000'),
      told('matches and delivers one, large', of('one', 'large'), 'CPU ms per 1,000'),
      told('the same, each time another of 100,000 callbacks', of('spread', 'large'), 'CPU ms per 1,000'),
      atMost('memory a callback', (large.heapBytes - small.heapBytes) / (large.callbacks - small.callbacks), 600, 'bytes'),
      told('resident, large', large.residentMb, 'MB'),
      atMost('ready with all of it', large.readyMs / 1_000, 30, 's'),
      told('CPU of the dispatcher until then', large.readyCpuMs / 1_000, 's'),
    ];
  },
};

async function systemOf(context: BenchContext, size: Size): Promise<Sized> {
  const port = await freePort();
  const world = await World.ofDispatcher(context, { services: { 'dispatcher-service': { nodeArgs: [`--inspect=127.0.0.1:${port}`] } } });
  const callbacks = size.offers * CALLBACKS_PER_OFFER + size.big;
  const ports = await world.sinkPorts(10, FAST);
  const writing = context.step(`writing ${callbacks.toLocaleString('en-US')} callbacks`, callbacks);
  await world.configure(records(world, size, ports, (done) => writing.at(done)));
  writing.done();
  const reading = context.step('a dispatcher starts');
  await world.dispatcher.stop();
  const startedAt = performance.now();
  world.dispatcher.relaunch();
  await hasRead(world.dispatcher, world.records.revision, 600_000);
  const readyMs = performance.now() - startedAt;
  const readyCpuMs = processCpuMs(world.dispatcher.pid);
  reading.done();
  const inspector = await Inspector.attach(port);
  const { usedBytes } = await inspector.heapUse();
  inspector.close();
  return {
    world,
    load: await world.eventLoad(),
    callbacks,
    heapBytes: usedBytes,
    residentMb: residentMb(world.dispatcher.pid),
    readyMs,
    readyCpuMs,
    offers: Array.from({ length: size.offers }, (_, index) => index + 1),
    published: 0,
  };
}

/** Of the ten callbacks of an offer, one is for the affiliate of the events; the others are for ten thousand others. */
function* records(
  { records }: World,
  size: Size,
  ports: readonly number[],
  onProgress: (done: number) => void,
): Generator<ConfigurationRecord> {
  let id = 0;
  const callback = (offerId: number, affiliateId: number, setting: Partial<CallbackVersion> = {}) => {
    id++;
    if (id % 1_000 === 0) onProgress(id);
    const secret = { name: 'X-Auth', value: records.sealedHeader(id, 'X-Auth', `secret of callback ${id}`), secret: true };
    return records.callback({ id, offerId, affiliateId, url: url(ports[id % ports.length]!, id), requestHeaders: [secret], ...setting });
  };
  for (let offer = 1; offer <= size.offers; offer++) {
    yield records.offer(offer);
    yield callback(offer, AFFILIATE);
    for (let more = 1; more < CALLBACKS_PER_OFFER; more++) yield callback(offer, 100 + ((offer * CALLBACKS_PER_OFFER + more) % 10_000));
  }
  if (size.big === 0) return;
  const goals = Array.from({ length: GOALS }, (_, index) => ({ id: index + 1, name: `goal ${index + 1}`, archived: false }));
  yield records.offer(size.offers + 1, { goalsEnabled: true, goals });
  for (let more = 0; more < size.big; more++) yield callback(size.offers + 1, AFFILIATE, { goalId: 1 + (more % (GOALS - 1)) });
}

/** 120 characters, six macros. */
function url(port: number, id: number): string {
  const text = `http://127.0.0.1:${port}/p/${id}?c={click_id}&t={transaction_id}&s={status}&p={payout}&o={offer_id}&d={date}&key=`;
  return text.padEnd(120, 'k');
}
