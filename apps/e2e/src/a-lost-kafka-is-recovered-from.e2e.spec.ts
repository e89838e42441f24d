import { runScript, type ServiceName } from '@ringback/testbed';
import { eventually } from './harness/eventually.js';
import { ownSystem, type System } from './harness/system.js';

/** The steps of docs/runbook.md, in their order: topics are deleted, as a Kafka that comes up empty has none. */
describe('after Kafka was lost altogether', () => {
  let system: System;
  beforeAll(async () => {
    system = await ownSystem();
  });
  afterAll(() => system.close());

  const stop = async (...services: ServiceName[]) => {
    for (const service of services) await system.platform.service(service).stop();
  };
  const start = async (...services: ServiceName[]) => {
    for (const service of services) system.platform.service(service).relaunch();
    for (const service of services) await system.platform.service(service).waitUntilReady();
  };

  it('what was parked and what comes is delivered, nothing is sent again, and what was lost can be told', async () => {
    const { network, platform } = system;
    const [good, failing] = [system.inbox(), system.inbox()];
    failing.answer('', { status: 500 });
    const [offer, affiliate] = await Promise.all([network.offer(), network.affiliate()]);
    const callback = await network.callback(offer.id, { affiliateId: affiliate.id, url: good.url('{conversion_id}') });
    const retried = await network.callback(offer.id, { affiliateId: affiliate.id, url: failing.url('{conversion_id}'), retry: 'short' });
    const convert = () => network.convert({ offerId: offer.id, affiliateId: affiliate.id });
    const before = [(await convert()).id, (await convert()).id];
    await eventually(() => expect(good.paths().toSorted()).toEqual(before.toSorted()));
    await eventually(async () =>
      expect(await system.sql('select count(*)::integer as count from dispatcher.parked')).toEqual([{ count: before.length }]),
    );

    await stop('dispatcher-service');
    const lost = (await convert()).id;
    await eventually(async () => expect(await system.sql('select id from conversions.outbox')).toEqual([]));
    await stop('conversions-service', 'offers-service', 'gateway');
    const { databaseUrl, brokers, topicPrefix } = platform.settings;
    const env = { DATABASE_URL: databaseUrl, KAFKA_BROKERS: brokers, TOPIC_PREFIX: topicPrefix };
    await runScript('local', 'topics.js', { args: ['remove'], env });

    await start('gateway');
    await runScript('offers-service', 'republish.js', { env });
    await runScript('gateway', 'republish.js', { env });
    for (const schema of ['dispatcher', 'conversions', 'offers']) await system.sql(`update ${schema}.intake_progress set next_offset = 0`);
    failing.answer('', { status: 200 });
    await start('offers-service', 'conversions-service', 'dispatcher-service');

    const delivered = `select conversion_id as id from dispatcher.delivery where status = 'delivered' and callback_id = $1 order by 1`;
    await eventually(async () => expect(await system.sql(delivered, [retried.id])).toEqual(before.map((id) => ({ id }))), {
      timeoutMs: 60_000,
    });
    const after = (await convert()).id;
    await eventually(() => expect(good.paths().toSorted()).toEqual([...before, after].toSorted()), { timeoutMs: 30_000 });
    await network.editCallback(offer.id, callback.id, { url: good.url('edited/{conversion_id}') });
    const edited = (await convert()).id;
    await eventually(() => expect(good.paths().at(-1)).toBe(`edited/${edited}`), { timeoutMs: 30_000 });
    expect(good.paths()).toHaveLength(4);
    const { items } = await network.explanation(lost, callback.id);
    expect(items[0]!.callbacks[0]!.delivery).toMatchObject({ state: 'missing' });
  }, 180_000);
});
