import { TOPICS, type Affiliate, type Callback, type Offer, type Pause, type WaitingPage } from '@ringback/contracts';
import { RecordingReceiver } from '@ringback/testbed';
import { eventually } from './harness/eventually.js';
import type { Inbox } from './harness/inbox.js';
import { ownSystem, type System } from './harness/system.js';

describe('paused deliveries are kept', () => {
  let system: System;
  /** A destination of its own: the other callback of the same offer sends elsewhere. */
  let paused: RecordingReceiver;
  let other: Inbox;
  let offer: Offer;
  let affiliate: Affiliate;
  let callback: Callback;

  beforeAll(async () => {
    [system, paused] = await Promise.all([ownSystem(), RecordingReceiver.start()]);
    other = system.inbox();
    [offer, affiliate] = await Promise.all([system.network.offer(), system.network.affiliate()]);
    callback = await system.network.callback(offer.id, { affiliateId: affiliate.id, url: `${paused.url}/{conversion_id}` });
    await system.network.callback(offer.id, { affiliateId: affiliate.id, url: other.url('{conversion_id}') });
  });
  afterAll(async () => {
    await system.close();
    await paused.stop();
  });

  const convert = async (count: number): Promise<string[]> => {
    const ids: string[] = [];
    for (let index = 0; index < count; index++)
      ids.push((await system.network.convert({ offerId: offer.id, affiliateId: affiliate.id })).id);
    return ids;
  };
  const deliveryOf = async (conversionId: string) => {
    const [delivery] = await system.network.deliveries({ conversionId, callbackId: callback.id });
    return delivery;
  };
  const pause = async (body: unknown): Promise<Pause> => {
    const answer = await system.network.call<Pause>('/v1/pauses', { method: 'POST', body });
    expect(answer).toMatchObject({ status: 201 });
    return answer.body;
  };
  const resume = async ({ id }: Pause) =>
    expect(await system.network.call(`/v1/pauses/${id}`, { method: 'DELETE' })).toMatchObject({ status: 204 });
  /** Every dispatcher knows it by its next look: converts until a delivery is kept. @returns what is kept */
  const untilKept = () =>
    eventually(async () => {
      const [id] = await convert(1);
      await eventually(async () => expect(await deliveryOf(id!)).toBeDefined());
      expect(await deliveryOf(id!)).toMatchObject({ status: 'waiting', attempts: 0 });
      return id!;
    });
  const waiting = async () => {
    const { body } = await system.network.call<WaitingPage>(`/v1/waiting?callbackId=${callback.id}`);
    return body.items;
  };
  const targets = () => paused.requests.map(({ rawUrl }) => rawUrl.slice(1));

  it('through a restart, while other destinations go on; they go out once the pause ends, with no attempt used up', async () => {
    const standing = await pause({ scope: 'destination', key: paused.url, reason: 'maintenance' });
    const kept = [await untilKept()];
    kept.push(...(await convert(10)));
    await system.workedOff(TOPICS.conversionsEvents);
    await eventually(async () => expect(await waiting()).toMatchObject([{ parked: kept.length, due: kept.length }]));
    expect(await waiting()).toMatchObject([
      { pause: { id: standing.id, scope: 'destination', reason: 'maintenance' }, waitsFor: 'paused by bootstrap: maintenance' },
    ]);

    await system.platform.service('dispatcher-service').stop();
    kept.push(...(await convert(5)));
    await system.platform.service('dispatcher-service').restart();
    await system.workedOff(TOPICS.conversionsEvents);
    await eventually(async () => expect(await waiting()).toMatchObject([{ parked: kept.length }]));
    await eventually(() => expect(other.paths()).toEqual(expect.arrayContaining(kept)));
    expect(targets().filter((target) => kept.includes(target))).toEqual([]);

    await resume(standing);
    await system.settled({ offerId: offer.id });
    expect(
      targets()
        .filter((target) => kept.includes(target))
        .toSorted(),
    ).toEqual(kept.toSorted());
    for (const id of kept) expect(await deliveryOf(id)).toMatchObject({ status: 'delivered', attempts: 1 });
    expect(await waiting()).toEqual([]);
  });

  it.each([
    ['all', () => ({ scope: 'all' })],
    ['an affiliate', () => ({ scope: 'affiliate', key: affiliate.id })],
    ['a callback', () => ({ scope: 'callback', key: callback.id })],
  ])('of %s', async (_, body) => {
    const standing = await pause(body());
    const kept = [await untilKept(), ...(await convert(3))];
    await system.workedOff(TOPICS.conversionsEvents);
    expect(targets().filter((target) => kept.includes(target))).toEqual([]);
    await resume(standing);
    await system.settled({ offerId: offer.id });
    expect(
      targets()
        .filter((target) => kept.includes(target))
        .toSorted(),
    ).toEqual(kept.toSorted());
  });
});
