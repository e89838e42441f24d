import fc from 'fast-check';
import type { Delivery } from '../delivery/delivery.js';
import { aSettledDelivery } from '../testing/settled-delivery.js';
import { countBatch } from './count-batch.js';
import { bucketOf, Histogram } from './histogram.js';
import { packPartial, unpackPartial } from './pack-partial.js';
import { Rollup } from './rollup.js';
import { AT, COUNTERS, type Tally } from './tally.js';

const histogram = fc
  .array(fc.tuple(fc.integer({ min: 0, max: 255 }), fc.integer({ min: 1, max: 127 })), { maxLength: 6 })
  .map((pairs) => Buffer.from(pairs.flat()));
const tally: fc.Arbitrary<Tally> = fc.record({
  offerId: fc.constantFrom(1, 2, 2_147_483_647),
  affiliateId: fc.integer({ min: 1, max: 3 }),
  callbackId: fc.integer({ min: 1, max: 4 }),
  destination: fc.constantFrom('', 'http://a:80', 'https://xn--bcher-kva.example:443', 'ü "\\'),
  counters: fc.array(fc.nat(), { minLength: COUNTERS.length, maxLength: COUNTERS.length }),
  latency: histogram,
  duration: histogram,
});
const plain = ({ latency, duration, ...rest }: Tally) => ({ ...rest, latency: [...latency], duration: [...duration] });
const summed = (tallies: readonly Tally[]) => {
  const rollup = new Rollup();
  for (const one of tallies) rollup.add(one);
  const bytes = (parts: readonly Uint8Array[]) =>
    parts
      .reduce((sum, part) => sum.add(part), new Histogram())
      .toBytes()
      .toString('hex');
  return rollup
    .allLevels()
    .map((row) => ({ ...row, latency: bytes(row.latency), duration: bytes(row.duration) }))
    .sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
};

describe('what a batch adds', () => {
  const at = Date.now();
  const recordedAt = (delivery: Delivery, agoMs: number) =>
    Object.assign(delivery, { event: { ...delivery.event, recordedAtMs: at - agoMs } });
  const counted = (tallies: readonly Tally[]) =>
    Object.fromEntries(COUNTERS.map((name) => [name, tallies.reduce((sum, { counters }) => sum + counters[AT[name]]!, 0)]));

  it('is counted by outcome, by attempt and by the time each took', () => {
    const first = recordedAt(aSettledDelivery({ atMs: at, status: 200 }), 1_000);
    const later = recordedAt(aSettledDelivery({ atMs: at, status: 200 }), 5_000);
    Object.assign(later, { attempts: 3, attempt: { ...later.attempt, number: 3 } });
    const givenUp = aSettledDelivery({ atMs: at, status: 500, exhausted: true });
    const cancelled = Object.assign(aSettledDelivery({ atMs: at }), { outcome: { kind: 'cancelled', error: 'deleted' }, attempt: null });
    const failed = aSettledDelivery({ atMs: at, status: 503 });
    const again = Object.assign(aSettledDelivery({ atMs: at, status: 200 }), { attempts: 13 });
    Object.assign(again, { attempt: { ...again.attempt, number: 13 } });
    const tallies = [
      ...unpackPartial(packPartial(countBatch({ settled: [first, later, givenUp, cancelled], redelivered: [again], failed: [failed] }))),
    ];
    expect(counted(tallies)).toEqual({
      delivered: 2,
      deliveredFirstTry: 1,
      exhausted: 1,
      cancelled: 1,
      redelivered: 1,
      redeliveriesFailed: 0,
      attempts: 5,
      firstAttempts: 3,
    });
    const [all] = summed(tallies).filter(({ level }) => level === 'all');
    expect(all!.latency).toBe(Buffer.from([bucketOf(1_005), 1, bucketOf(5_005), 1]).toString('hex'));
    expect(all!.duration).toBe(Buffer.from([bucketOf(5), 5]).toString('hex'));
  });

  it('is told apart by callback, affiliate and where it really went', () => {
    const one = Object.assign(aSettledDelivery({ atMs: at, status: 200 }), { sentTo: 'http://a:80' });
    const same = Object.assign(aSettledDelivery({ atMs: at, status: 200 }), { sentTo: 'http://a:80' });
    const elsewhere = Object.assign(aSettledDelivery({ atMs: at, status: 200 }), { sentTo: 'http://b:80' });
    const nowhere = aSettledDelivery({ atMs: at, exhausted: true, callbackId: 2 });
    const tallies = countBatch({ settled: [one, same, elsewhere, nowhere], redelivered: [], failed: [] });
    expect(tallies.map(({ callbackId, destination, counters }) => [callbackId, destination, counters[AT.attempts]])).toEqual([
      [1, 'http://a:80', 2],
      [1, 'http://b:80', 1],
      [2, '', 1],
    ]);
  });

  it('comes out of its bytes as it went in', () => {
    fc.assert(
      fc.property(fc.array(tally, { maxLength: 20 }), (tallies) => {
        expect([...unpackPartial(packPartial(tallies))].map(plain)).toEqual(tallies.map(plain));
      }),
    );
  });
});

describe('a rollup', () => {
  it('is the same in whatever order, and out of whichever sums, it is made', () => {
    fc.assert(
      fc.property(fc.array(tally, { maxLength: 12 }), fc.array(tally, { maxLength: 12 }), (some, others) => {
        const all = summed([...some, ...others]);
        expect(summed([...others, ...some])).toEqual(all);
        const part = new Rollup();
        for (const one of some) part.add(one);
        const ofSome = Array.from(part.callbackRows, (row) => ({
          ...row,
          latency: Buffer.concat(row.latency),
          duration: Buffer.concat(row.duration),
        }));
        expect(summed([...ofSome, ...others])).toEqual(all);
      }),
    );
  });

  it('has the same sum at every level', () => {
    fc.assert(
      fc.property(fc.array(tally, { minLength: 1, maxLength: 12 }), (tallies) => {
        const total = (level: string) =>
          summed(tallies)
            .filter((row) => row.level === level)
            .reduce(
              (sum, { counters }) => sum.map((value, index) => value + counters[index]!),
              COUNTERS.map(() => 0),
            );
        for (const level of ['callback', 'destination', 'affiliate', 'offer']) expect(total(level)).toEqual(total('all'));
      }),
    );
  });
});
