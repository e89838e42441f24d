import { join } from 'node:path';
import { faultSizes } from '@ringback/testbed';
import { ownSystem, type System } from './harness/system.js';
import { Traffic } from './harness/traffic.js';

const preload = (file: string) => `--import=${join(import.meta.dirname, 'faults', file)}`;
const sizes = faultSizes();

describe('a change holds for the very next conversion', () => {
  let system: System;
  beforeAll(async () => {
    // Every reader of the configuration is 2 s late, the relay of changes 1 s, and two clocks are ten minutes apart.
    const slowReader = { E2E_READ_DELAY: 'offers.configurations=2000' };
    system = await ownSystem({
      services: {
        'offers-service': { env: { E2E_PRODUCE_DELAY: '1000' }, nodeArgs: [preload('delay-kafka.mjs')] },
        'conversions-service': {
          env: { ...slowReader, E2E_CLOCK_SKEW_MS: '-600000' },
          nodeArgs: [preload('delay-kafka.mjs'), preload('skew-clock.mjs')],
        },
        'dispatcher-service': { env: slowReader, nodeArgs: [preload('delay-kafka.mjs')] },
      },
    });
  });
  afterAll(() => system.close());

  it('on fifty offers at once, under other conversions, with slow reading, a slow relay and clocks apart', async () => {
    const { network } = system;
    const inbox = system.inbox();
    const busy = system.inbox();
    const affiliate = await network.affiliate();
    const other = await network.offer();
    await network.callback(other.id, { affiliateId: affiliate.id, url: busy.url('{conversion_id}') });
    const offers = await Promise.all(Array.from({ length: sizes.offersChangedAtOnce }, () => network.offer()));
    const traffic = new Traffic(network, () => ({ offerId: other.id, affiliateId: affiliate.id, status: 'pending' }), {
      perSecond: sizes.backgroundPerSecond,
      batchSize: 10,
    });
    let longestWaitMs = 0;
    // On each offer: a callback is made, converts; waits for another status, converts; waits for the first again, converts.
    await Promise.all(
      offers.map(async (offer) => {
        const ids = { offerId: offer.id, affiliateId: affiliate.id };
        const callback = await network.callback(offer.id, { affiliateId: affiliate.id, url: inbox.url(`${offer.id}/{sub1}`) });
        const askedAt = performance.now();
        await network.convert({ ...ids, sub1: 'made' });
        longestWaitMs = Math.max(longestWaitMs, performance.now() - askedAt);
        await network.editCallback(offer.id, callback.id, { conversionStatus: 'rejected' });
        await network.convert({ ...ids, sub1: 'other-status' });
        await network.editCallback(offer.id, callback.id, { conversionStatus: 'pending' });
        await network.convert({ ...ids, sub1: 'back' });
      }),
    );
    const { acknowledged, refused } = await traffic.stop();
    expect(Object.fromEntries(refused)).toEqual({});
    // Else the faults were not there: a conversion right after a change waits for the slow reading.
    expect(longestWaitMs).toBeGreaterThan(1_000);
    await system.settled();
    expect(inbox.paths().sort()).toEqual(offers.flatMap((offer) => [`${offer.id}/made`, `${offer.id}/back`]).sort());
    expect(busy.paths().sort()).toEqual([...acknowledged].sort());
  });
});

describe('what fires is as of the recording', () => {
  let system: System;
  beforeAll(async () => {
    system = await ownSystem();
  });
  afterAll(() => system.close());

  it('with the dispatcher stopped, conversions recorded, the configuration changed, the dispatcher started', async () => {
    const { network, platform } = system;
    const inbox = system.inbox();
    const affiliate = await network.affiliate();
    const offer = await network.offer({ goalsEnabled: true });
    const ids = { offerId: offer.id, affiliateId: affiliate.id };
    const [goal, otherGoal] = [await network.goal(offer.id, 'One'), await network.goal(offer.id, 'Two')];
    const edited = await network.callback(offer.id, { affiliateId: affiliate.id, url: inbox.url('edited-before') });
    const deleted = await network.callback(offer.id, { affiliateId: affiliate.id, url: inbox.url('deleted') });
    await network.callback(offer.id, { affiliateId: affiliate.id, goalId: goal.id, url: inbox.url('goal-one') });
    await network.callback(offer.id, { affiliateId: affiliate.id, goalId: otherGoal.id, url: inbox.url('goal-two') });
    await platform.service('dispatcher-service').stop();

    const before = await network.convert({ ...ids, goalId: goal.id });
    await network.editCallback(offer.id, edited.id, { conversionStatus: 'rejected', url: inbox.url('edited-after') });
    await network.deleteCallback(offer.id, deleted.id);
    await network.callback(offer.id, { affiliateId: affiliate.id, url: inbox.url('made-after') });
    await network.editOffer(offer.id, { goalsEnabled: false });
    await platform.service('dispatcher-service').restart();
    await system.settled();

    // Matched as of the recording; sent as configured today; what is deleted today is cancelled.
    expect(inbox.paths().sort()).toEqual(['edited-after', 'goal-one']);
    const deliveries = await network.deliveries({ conversionId: before.id });
    expect(deliveries.map(({ callbackId, status }) => [callbackId, status])).toContainEqual([deleted.id, 'cancelled']);
    expect(deliveries).toHaveLength(3);
  });
});
