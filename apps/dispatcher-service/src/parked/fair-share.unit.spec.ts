import { CallbackIndex } from '../callback-index/callback-index.js';
import { Holds } from '../delivery/holds.js';
import { Lanes } from '../delivery/lanes.js';
import { RateLimits } from '../delivery/rate-limits.js';
import { ConfigurationAuthor } from '../testing/configuration-author.js';
import { aDelivery } from '../testing/deliveries.js';
import type { DueQueue } from './claim-due.js';
import { Drains } from './drains.js';
import { FairShare } from './fair-share.js';
import { InHand } from './in-hand.js';

const A = 'http://a:80';
const B = 'http://b:80';

function aShare(room = 1_000, ofDestination = 32) {
  const author = new ConfigurationAuthor();
  const index = new CallbackIndex({ masterKey: author.masterKey });
  const world = { nowMs: 0 };
  const clock = { members: () => 1, monotonic: () => world.nowMs };
  const rates = new RateLimits({
    limitOf: (callbackId) => {
      const today = index.today(callbackId);
      return today.kind === 'live' ? today.callback.maxPerSecond : null;
    },
    ...clock,
  });
  const lanes = new Lanes({
    perDestination: 512,
    total: 1_000,
    start: () => true,
    takeRate: (callbackId) => rates.take(callbackId),
    ...clock,
  });
  const holds = new Holds();
  const drains = new Drains({ perSecond: 1_000, ...clock });
  const inHand = new InHand(room, () => ofDestination);
  const share = new FairShare({ index, lanes, holds, rates, drains }, inHand);
  const configure = (id: number, setting = {}) => index.apply(author.callback(id, setting));
  return { share, configure, author, index, holds, rates, drains, inHand, world };
}
const queue = (callbackId: number, destination = A, draining = false): DueQueue => ({ callbackId, destination, draining });

describe('a share of a claim', () => {
  it('is the same for every callback', () => {
    const { share, configure } = aShare(100);
    for (let id = 1; id <= 10; id++) configure(id);
    expect(share.of(Array.from({ length: 10 }, (_, index) => queue(index + 1, `http://${index}:80`)))).toEqual(Array(10).fill(10));
  });

  it('is no more than the destination may have in hand, shared by its callbacks', () => {
    const { share, configure, inHand } = aShare();
    for (let id = 1; id <= 3; id++) configure(id);
    expect(share.of([queue(1), queue(2), queue(3, B)])).toEqual([16, 16, 32]);
    for (let held = 0; held < 20; held++) inHand.add(aDelivery(A));
    expect(share.of([queue(1), queue(2), queue(3, B)])).toEqual([6, 6, 32]);
  });

  it('is one at least, however many callbacks share a destination', () => {
    const { share } = aShare();
    const many = Array.from({ length: 100 }, (_, index) => queue(index + 1));
    expect(share.of(many)).toEqual(Array(100).fill(1));
  });

  it('is none of a disabled callback, whose queue is held, and some of a deleted one, whose deliveries end', () => {
    const { share, configure, author, index } = aShare();
    configure(1, { enabled: false });
    configure(2);
    index.apply(author.deleteCallback(2));
    expect(share.of([queue(1), queue(2, B)])).toEqual(['hold', 32]);
  });

  it('is what may go within half a second of a callback with a limit of its rate', () => {
    const { share, configure, rates } = aShare();
    configure(1, { maxPerSecond: 20 });
    // Two at once and ten in half a second.
    expect(share.of([queue(1)])).toEqual([12]);
    while (rates.take(1) === 0);
    expect(share.of([queue(1)])).toEqual([10]);
    configure(1, { maxPerSecond: 1 });
    while (rates.take(1) === 0);
    expect(share.of([queue(1)])).toEqual([0]);
    expect(share.exclude()).toMatchObject({ busyCallbacks: [1], lacksRate: true });
  });

  it('of a backlog is what its destination’s backlogs may have now, all together', () => {
    const { share, configure, drains } = aShare(1_000, 80);
    for (let id = 1; id <= 4; id++) configure(id);
    // A tenth of a second's worth.
    expect(share.of([queue(1, A, true), queue(2, A, true), queue(3, A, true), queue(4, B, true)])).toEqual([26, 26, 26, 80]);
    drains.take(A, 60);
    expect(share.of([queue(1, A, true), queue(2, A, true), queue(3, A, true)])).toEqual([26, 14, 0]);
    // Who has no backlog is not held up by those who have.
    expect(share.of([queue(1, A, true), queue(2, A)])).toEqual([40, 40]);
  });

  it('leaves out what is broken or full or has had its share', () => {
    const { share, holds, inHand, drains } = aShare();
    expect(share.exclude()).toEqual({
      busyDestinations: [],
      busyCallbacks: [],
      drainedDestinations: [],
      lacksRoom: false,
      lacksRate: false,
    });
    holds.setBreaker({ scope: 'destination', key: B, openedAtMs: 0, openUntilMs: 1, openings: 1, reason: '' });
    holds.setBreaker({ scope: 'callback', key: '7', openedAtMs: 0, openUntilMs: 1, openings: 1, reason: '' });
    for (let held = 0; held < 32; held++) inHand.add(aDelivery(A));
    drains.take('http://c:80', 100);
    expect(share.exclude()).toEqual({
      busyDestinations: [A, B],
      busyCallbacks: [7],
      drainedDestinations: ['http://c:80'],
      lacksRoom: true,
      lacksRate: true,
    });
  });
});
