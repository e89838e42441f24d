import type { Callback } from '@ringback/contracts';
import { eventually } from './harness/eventually.js';
import { sharedSystem, type System } from './harness/system.js';

describe('a callback that keeps failing is disabled', () => {
  let system: System;
  beforeAll(async () => {
    system = await sharedSystem();
  });
  afterAll(() => system.close());

  const read = async ({ id, offerId }: Callback): Promise<Callback> =>
    (await system.network.call<Callback>(`/v1/offers/${offerId}/callbacks/${id}`)).body;
  const versionsOf = async ({ id, offerId }: Callback) =>
    (await system.network.call<{ items: { version: number; changedBy: string }[] }>(`/v1/offers/${offerId}/callbacks/${id}/versions`)).body
      .items;

  it('at once when its receiver answers 410; its queue is kept, and goes out once an admin enables it again', async () => {
    const { network } = system;
    const inbox = system.inbox();
    inbox.answer('gone', { status: 410 });
    const ids = { offerId: (await network.offer()).id, affiliateId: (await network.affiliate()).id };
    const callback = await network.callback(ids.offerId, { affiliateId: ids.affiliateId, url: inbox.url('gone'), retry: 'short' });
    const neighbour = await network.callback(ids.offerId, { affiliateId: ids.affiliateId, url: inbox.url('well') });
    const first = await network.convert(ids);

    await eventually(async () =>
      expect(await read(callback)).toMatchObject({ enabled: false, disabledReason: 'answered 410', version: 2 }),
    );
    expect((await versionsOf(callback))[0]).toMatchObject({ version: 2, changedBy: 'dispatcher-service' });
    // What is disabled does not fire; what fired before waits.
    await network.convert(ids);
    await eventually(() => expect(inbox.paths().filter((path) => path === 'well')).toHaveLength(2));
    expect(inbox.paths().filter((path) => path === 'gone')).toHaveLength(1);
    expect(await network.deliveries({ callbackId: callback.id })).toMatchObject([
      { conversionId: first.id, status: 'retrying', attempts: 1, httpStatus: 410 },
    ]);

    inbox.answer('gone', {});
    expect(await network.editCallback(ids.offerId, callback.id, { enabled: true })).toMatchObject({ enabled: true, disabledReason: null });
    await eventually(async () =>
      expect(await network.deliveries({ callbackId: callback.id })).toMatchObject([
        { conversionId: first.id, status: 'delivered', attempts: 2, httpStatus: 200 },
      ]),
    );
    const sent = inbox.requests().filter(({ rawUrl }) => inbox.relative(rawUrl) === 'gone');
    expect(new Set(sent.map(({ webhookId }) => webhookId)).size).toBe(1);
    expect(await read(neighbour)).toMatchObject({ enabled: true, version: 1 });
    expect(await read(callback)).toMatchObject({ enabled: true, version: 3 });
  });

  it('but not when an admin has changed it meanwhile', async () => {
    const { network } = system;
    const inbox = system.inbox();
    const ids = { offerId: (await network.offer()).id, affiliateId: (await network.affiliate()).id };
    const callback = await network.callback(ids.offerId, { affiliateId: ids.affiliateId, url: inbox.url('old'), retry: 'short' });
    // Answered late: the edit is acknowledged while the request to the version before it is still under way.
    inbox.answer('old', { status: 410, delayMs: 1_500 });
    await network.convert(ids);
    await eventually(() => expect(inbox.paths()).toEqual(['old']));
    await network.editCallback(ids.offerId, callback.id, { url: inbox.url('new') });
    await eventually(() => expect(inbox.paths()).toEqual(['old', 'new']), { timeoutMs: 20_000 });
    await system.settled({ offerId: ids.offerId });
    expect(await read(callback)).toMatchObject({ enabled: true, version: 2, disabledReason: null });
  });
});
