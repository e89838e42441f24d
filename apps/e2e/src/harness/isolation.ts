import { faultSizes } from '@ringback/testbed';
import { Destinations, type Behaviour, type Destination } from './destinations.js';
import { eventually } from './eventually.js';
import { ownSystem, type System } from './system.js';

const { isolationRounds } = faultSizes();
const DESTINATIONS = 100;
const FAULTY = 10;
/** Of the first that are faulty, and of most: none of their requests ends by itself while the others are waited for. */
const LONG_TIMEOUT_MS = 30_000;
/** Of those that are faulty next: they time out, and are tried again. */
const SHORT_TIMEOUT_MS = 4_000;

/**
 * Declares the spec of ten faulty destinations among a hundred: each gets the same traffic, but for a healthy one that takes half of all.
 * First ten are faulty, then they are mended and another ten are; the others get everything meanwhile, and in the end everybody does.
 * The proof is in counts: nothing that is faulty has answered, or ended, when the last of the others' deliveries arrives.
 */
export function faultyDestinationsDelayNobody(fault: Exclude<Behaviour, 'answers'>): void {
  const holdsBack = fault === 'hangs' || fault === 'drips';
  let system: System;
  let destinations: Destinations;
  let busy: Destination;
  let ids: { offerId: number; affiliateId: number };
  let busyIds: { offerId: number; affiliateId: number };
  const spread: string[] = [];
  const concentrated: string[] = [];

  beforeAll(async () => {
    [system, destinations] = await Promise.all([ownSystem(), Destinations.start(DESTINATIONS)]);
    const { network } = system;
    const offerId = (await network.offer()).id;
    ids = { offerId, affiliateId: (await network.affiliate()).id };
    busyIds = { offerId, affiliateId: (await network.affiliate()).id };
    busy = destinations.all.at(-1)!;
    const request = (index: number) => ({
      retry: 'short',
      timeoutMs: index >= FAULTY && index < 2 * FAULTY ? SHORT_TIMEOUT_MS : LONG_TIMEOUT_MS,
    });
    await Promise.all([
      ...destinations.all.map(({ url }, index) =>
        network.callback(offerId, { affiliateId: ids.affiliateId, ...request(index), url: `${url}/{conversion_id}` }),
      ),
      network.callback(offerId, { affiliateId: busyIds.affiliateId, timeoutMs: LONG_TIMEOUT_MS, url: `${busy.url}/{conversion_id}` }),
    ]);
  });
  afterAll(async () => {
    await system.close();
    await destinations.stop();
  });

  /** Each round is a conversion that all are told of, and as many that only the busy one is told of as there are others. */
  async function traffic(): Promise<void> {
    for (let round = 0; round < isolationRounds; round++) {
      const items = Array.from({ length: DESTINATIONS }, (_, item) => ({ ...(item === 0 ? ids : busyIds), status: 'pending' }));
      const answer = await system.network.batch(items);
      const made = answer.items.map((item) => ('conversion' in item ? item.conversion.id : ''));
      spread.push(made[0]!);
      concentrated.push(...made.slice(1));
    }
  }

  /** Conversions that a destination is to be told of, of all so far. */
  const expected = (destination: Destination) => (destination === busy ? [...spread, ...concentrated] : spread);

  async function everythingArrivesAt(some: readonly Destination[]): Promise<void> {
    await eventually(() => expect(some.filter((one) => one.answered.size < expected(one).length).map(({ url }) => url)).toEqual([]), {
      timeoutMs: 60_000,
    });
  }

  const total = (some: readonly Destination[], count: (one: Destination) => number) => some.reduce((sum, one) => sum + count(one), 0);
  const requests = (one: Destination) => [...one.received.values()].reduce((sum, count) => sum + count, 0);

  it(`the other ninety get everything while ten ${PHRASE[fault]}, the ten change, and in the end each delivery has arrived once`, async () => {
    const first = destinations.all.slice(0, FAULTY);
    const next = destinations.all.slice(FAULTY, 2 * FAULTY);
    const others = (faulty: readonly Destination[]) => destinations.all.filter((one) => !faulty.includes(one));

    await Promise.all(first.map((one) => one.turn(fault)));
    await traffic();
    await everythingArrivesAt(others(first));
    expect(total(first, (one) => one.answered.size)).toBe(0);
    if (holdsBack) {
      expect(first.filter(({ held }) => held === 0)).toEqual([]);
      // Not one of their requests has ended: nobody has waited for them.
      expect(total(first, ({ held }) => held)).toBe(total(first, requests));
    }

    // An answer that is not read yet when its connection is cut is none: the request would rightly be repeated.
    await eventually(async () =>
      expect(await system.sql(`select count(*)::integer as count from dispatcher.delivery where status = 'delivered'`)).toEqual([
        { count: total(others(first), (one) => expected(one).length) },
      ]),
    );
    await Promise.all(next.map((one) => one.turn(fault)));
    await Promise.all(first.map((one) => one.turn('answers')));
    for (const one of first) one.release();
    const answeredBefore = total(next, (one) => one.answered.size);
    await traffic();
    // What was held back is answered now; what was refused is waiting for its next attempt, and not waited for here.
    await everythingArrivesAt(others(holdsBack ? next : [...first, ...next]));
    expect(total(next, (one) => one.answered.size)).toBe(answeredBefore);

    await Promise.all(next.map((one) => one.turn('answers')));
    await everythingArrivesAt(destinations.all);
    await system.settled({ timeoutMs: 60_000 });
    for (const one of destinations.all)
      expect([...one.answered.keys()].sort()).toEqual(
        expected(one)
          .map((id) => `/${id}`)
          .sort(),
      );
    const repeats = destinations.all.flatMap(({ answered }, index) =>
      [...answered].filter(([, count]) => count > 1).map(([target]) => `${index} ${target}`),
    );
    expect(repeats).toEqual([]);
  });
}

const PHRASE = {
  hangs: 'accept and never answer',
  drips: 'drip a byte a second',
  fails: 'answer 500',
  refuses: 'refuse connections',
} as const;
