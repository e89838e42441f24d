import { eventually } from './harness/eventually.js';
import { ownSystem, type System } from './harness/system.js';
import { Traffic } from './harness/traffic.js';

describe('scaling', () => {
  let system: System;
  let ids: { offerId: number; affiliateId: number };
  beforeAll(async () => {
    system = await ownSystem();
    ids = { offerId: (await system.network.offer()).id, affiliateId: (await system.network.affiliate()).id };
    system.receiver.answer({ delayMs: 100 });
    await system.network.callback(ids.offerId, { affiliateId: ids.affiliateId, url: `${system.receiver.url}/{conversion_id}` });
  });
  afterAll(() => system.close());

  it('a second dispatcher joins and leaves: nothing lost, nothing repeated', async () => {
    const { network, platform, receiver } = system;
    const traffic = new Traffic(network, () => ({ ...ids, status: 'pending' }), { perSecond: 60 });
    const second = await platform.addInstance('dispatcher-service');
    await eventually(
      async () => {
        const owners = await system.sql('select distinct owner from dispatcher.intake_progress where owner is not null');
        expect(owners).toHaveLength(2);
      },
      { timeoutMs: 30_000 },
    );
    await second.stop();
    await eventually(
      async () => {
        const owners = await system.sql('select distinct owner from dispatcher.intake_progress where owner is not null');
        expect(owners).toHaveLength(1);
      },
      { timeoutMs: 30_000 },
    );
    const { acknowledged } = await traffic.stop();
    await system.settled();
    expect(receiver.requests.map((request) => request.rawUrl.slice(1)).sort()).toEqual([...acknowledged].sort());
  }, 60_000);
});
