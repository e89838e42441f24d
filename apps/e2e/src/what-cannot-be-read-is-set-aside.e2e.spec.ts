import { encodeEvent, TOPICS, type TopicDefinition } from '@ringback/contracts';
import { eventually } from './harness/eventually.js';
import { ownSystem, type System } from './harness/system.js';

describe('what cannot be read is set aside', () => {
  let system: System;
  let ids: { offerId: number; affiliateId: number };
  beforeAll(async () => {
    system = await ownSystem();
    ids = { offerId: (await system.network.offer()).id, affiliateId: (await system.network.affiliate()).id };
  });
  afterAll(() => system.close());

  const envelope = { specversion: '1.0', id: 'x', source: '/test', time: '2026-03-01T12:00:00.000Z' } as const;
  const unreadable: [string, Buffer][] = [
    ['bad JSON', Buffer.from('{"specversion":')],
    ['an unknown event type', encodeEvent({ ...envelope, type: 'ConversionDreamt', data: {} })],
    ['a half-written ConversionCreated', encodeEvent({ ...envelope, type: 'ConversionCreated', data: { revision: 1 } })],
    ['a half-written RecordConversion', encodeEvent({ ...envelope, type: 'RecordConversion', data: { offerId: 1 } })],
    ['a half-written CallbackChanged', encodeEvent({ ...envelope, type: 'CallbackChanged', data: { id: 1 } })],
    ['broken UTF-8', Buffer.from([0x7b, 0xff, 0xfe, 0x7d])],
    ['nothing', Buffer.alloc(0)],
  ];

  it.each<[string, TopicDefinition, string]>([
    ['conversions.events', TOPICS.conversionsEvents, 'dispatcher'],
    ['conversions.commands', TOPICS.conversionsCommands, 'conversions'],
    ['offers.configurations', TOPICS.offersConfigurations, 'dispatcher'],
    ['offers.configurations', TOPICS.offersConfigurations, 'conversions'],
    ['callbacks.deliveries', TOPICS.callbacksDeliveries, 'offers'],
  ])('on %s: dead-lettered with its reason by the reader (%#), and the partition goes on', async (_, topic, schema) => {
    const inbox = system.inbox();
    await system.network.callback(ids.offerId, { affiliateId: ids.affiliateId, url: inbox.url('after') });
    const before = Number(
      (await system.sql(`select count(*) from ${schema}.dead_letter where topic like '%' || $1`, [topic.name]))[0]!['count'],
    );
    await system.publish(
      topic,
      unreadable.map(([what, value], index) => ({ key: `1:bad-${index}-${what}`, value })),
    );
    await eventually(async () => {
      const letters = await system.sql(`select reason from ${schema}.dead_letter where topic like '%' || $1`, [topic.name]);
      expect(letters.length - before).toBeGreaterThanOrEqual(unreadable.length);
      for (const letter of letters) expect(String(letter['reason'])).not.toBe('');
    });
    await system.network.convert(ids);
    await eventually(() => expect(inbox.paths()).toEqual(['after']));
  });

  it('a delivery that cannot be rendered is exhausted with its reason; its neighbours are sent', async () => {
    const { network } = system;
    const inbox = system.inbox();
    const affiliate = await network.affiliate();
    const broken = await network.callback(ids.offerId, {
      affiliateId: affiliate.id,
      httpType: 'POST_JSON',
      url: inbox.url('broken'),
      requestParams: [{ name: 'list', value: '{sub1}', type: 'json' }],
    });
    await network.callback(ids.offerId, { affiliateId: affiliate.id, url: inbox.url('neighbour') });
    const conversion = await network.convert({ offerId: ids.offerId, affiliateId: affiliate.id, sub1: '[1,' });
    await eventually(async () => {
      const { deliveries } = await network.conversion(conversion.id);
      expect(deliveries.find(({ callbackId }) => callbackId === broken.id)).toMatchObject({
        status: 'exhausted',
        error: expect.stringMatching(/requestParams\.0/),
      });
    });
    await eventually(() => expect(inbox.paths()).toEqual(['neighbour']));
  });
});
