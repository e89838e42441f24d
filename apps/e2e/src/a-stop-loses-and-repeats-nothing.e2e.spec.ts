import { TOPICS } from '@ringback/contracts';
import { EventStream } from '@ringback/event-stream';
import { eventually } from './harness/eventually.js';
import { ownSystem, type System } from './harness/system.js';
import { Traffic } from './harness/traffic.js';

describe('a stop in order', () => {
  let system: System;
  let ids: { offerId: number; affiliateId: number };
  beforeAll(async () => {
    system = await ownSystem();
    ids = { offerId: (await system.network.offer()).id, affiliateId: (await system.network.affiliate()).id };
    system.receiver.answer({ delayMs: 500 });
    await system.network.callback(ids.offerId, { affiliateId: ids.affiliateId, url: `${system.receiver.url}/{conversion_id}` });
  });
  afterAll(() => system.close());

  it('SIGTERM with requests of 500 ms in flight: nothing lost, nothing repeated', async () => {
    const { network, platform, receiver } = system;
    const dispatcher = platform.service('dispatcher-service');
    const traffic = new Traffic(network, () => ({ ...ids, status: 'pending' }), { perSecond: 60 });
    for (let stop = 0; stop < 2; stop++) {
      const before = receiver.requests.length;
      await eventually(() => expect(receiver.requests.length).toBeGreaterThan(before + 20));
      await eventually(() => expect(receiver.open).toBeGreaterThan(10));
      expect(await dispatcher.stop()).toMatchObject({ code: 0 });
      dispatcher.relaunch();
      await dispatcher.waitUntilReady();
    }
    const { acknowledged, refused } = await traffic.stop();
    await system.settled();
    expect(Object.fromEntries(refused)).toEqual({});
    expect(receiver.requests.map((request) => request.rawUrl.slice(1)).sort()).toEqual([...acknowledged].sort());
  });

  it('a consumer group reset to the beginning, after callbacks were created, edited and deleted: not one request is sent', async () => {
    const { network, platform, receiver } = system;
    receiver.answer({});
    const dispatcher = platform.service('dispatcher-service');
    const made = await network.callback(ids.offerId, { affiliateId: ids.affiliateId, url: `${receiver.url}/made/{conversion_id}` });
    await network.convert(ids);
    await system.settled();
    await network.editCallback(ids.offerId, made.id, { url: `${receiver.url}/edited/{conversion_id}` });
    await network.deleteCallback(ids.offerId, made.id);
    await network.callback(ids.offerId, { affiliateId: ids.affiliateId, url: `${receiver.url}/new/{conversion_id}` });
    await dispatcher.stop();
    const arrived = receiver.requests.length;

    const stream = new EventStream({
      brokers: platform.brokers,
      clientId: 'e2e-reset',
      logger: { debug() {}, info() {}, warn() {}, error() {} },
    });
    const client = stream.client();
    const admin = client.kafka.admin();
    await admin.connect();
    const { groups } = await admin.listGroups();
    const group = groups
      .map(({ groupId }) => groupId)
      .find((groupId) => groupId.startsWith(platform.topicPrefix) && groupId.includes('dispatcher'));
    expect(group).toBeDefined();
    await admin.resetOffsets({ groupId: group!, topic: system.topic(TOPICS.conversionsEvents), earliest: true });
    await admin.disconnect();
    client.cutOff();

    dispatcher.relaunch();
    await dispatcher.waitUntilReady();
    // An event behind all that could be read again: once it has been worked off, so has everything before it.
    const last = await network.convert(ids);
    await system.settled();
    const since = receiver.requests.slice(arrived).map((request) => request.rawUrl);
    expect(since.sort()).toEqual([`/${last.id}`, `/new/${last.id}`]);
  });

  it('the progress itself lost: the log knows what was sent, and not one request is repeated', async () => {
    const { platform, receiver } = system;
    const dispatcher = platform.service('dispatcher-service');
    await dispatcher.stop();
    const arrived = receiver.requests.length;
    await system.sql('update dispatcher.intake_progress set next_offset = 0');
    dispatcher.relaunch();
    await dispatcher.waitUntilReady();
    await system.settled();
    expect(receiver.requests.length - arrived).toBe(0);
  });
});
