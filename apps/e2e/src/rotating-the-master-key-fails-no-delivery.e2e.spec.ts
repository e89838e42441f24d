import { randomBytes } from 'node:crypto';
import { runScript, type ReceivedRequest } from '@ringback/testbed';
import { eventually } from './harness/eventually.js';
import { ownSystem, type System } from './harness/system.js';
import { Traffic } from './harness/traffic.js';

const PASSWORD = 'pässword of the tracker';
const API_KEY = 'key-of-the-tracker';

/** The steps of docs/runbook.md, in their order, while conversions keep coming. */
describe('while the master key is rotated', () => {
  let system: System;
  let traffic: Traffic | undefined;
  beforeAll(async () => {
    system = await ownSystem();
  });
  afterAll(async () => {
    await traffic?.stop();
    await system.close();
  });

  it('services are restarted onto the new one, one after another, and every delivery carries its secrets, once', async () => {
    const { network, platform, receiver } = system;
    const basic = `Basic ${Buffer.from(`ada:${PASSWORD}`).toString('base64')}`;
    const carried = (request: ReceivedRequest) => request.header('authorization') === basic && request.header('x-api-key') === API_KEY;
    receiver.answer((request) => (carried(request) ? {} : { status: 401 }));
    const [{ id: offerId }, { id: affiliateId }] = [await network.offer(), await network.affiliate()];
    const callback = await network.callback(offerId, {
      affiliateId,
      url: `${receiver.url}/{conversion_id}`,
      basicAuth: { login: 'ada', password: PASSWORD },
      requestHeaders: [{ name: 'x-api-key', value: API_KEY, secret: true }],
    });
    traffic = new Traffic(network, () => ({ offerId, affiliateId, status: 'pending' }), { perSecond: 50, batchSize: 5 });
    const more = async () => {
      const before = receiver.requests.length;
      await eventually(() => expect(receiver.requests.length).toBeGreaterThan(before + 20), { timeoutMs: 30_000 });
    };
    await more();

    const { masterKey: old, databaseUrl, topicPrefix } = platform.settings;
    const both = { MASTER_KEY: randomBytes(32).toString('base64'), MASTER_KEY_PREVIOUS: old };
    for (const service of ['dispatcher-service', 'offers-service'] as const) await platform.replace(service, { env: both });
    await more();
    await runScript('offers-service', 'rotate-master-key.js', {
      env: { ...both, DATABASE_URL: databaseUrl, TOPIC_PREFIX: topicPrefix },
    });
    await more();
    // Secrets are kept and sealed meanwhile.
    await network.editCallback(offerId, callback.id, { name: 'renamed' });
    const alone = { MASTER_KEY: both.MASTER_KEY };
    for (const service of ['offers-service', 'dispatcher-service'] as const) await platform.replace(service, { env: alone });
    await network.editCallback(offerId, callback.id, { basicAuth: { login: 'ada', password: PASSWORD } });
    await more();

    const { acknowledged, refused } = await traffic.stop();
    expect(Object.fromEntries(refused)).toEqual({});
    await system.settled();
    await eventually(() => expect(receiver.requests.length).toBeGreaterThanOrEqual(acknowledged.length));
    expect(receiver.requests.filter((request) => !carried(request))).toEqual([]);
    expect(receiver.requests.map(({ rawUrl }) => rawUrl.slice(1)).sort()).toEqual([...acknowledged].sort());
    expect(await system.sql(`select status, attempts, count(*)::integer from dispatcher.delivery group by 1, 2`)).toEqual([
      { status: 'delivered', attempts: 1, count: acknowledged.length },
    ]);
    expect(await system.sql('select version, jsonb_array_length(keys) as keys from offers.keyring')).toEqual([{ version: 2, keys: 1 }]);
  }, 240_000);
});
