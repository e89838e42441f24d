import { TOPICS, type Affiliate, type Callback, type Offer } from '@ringback/contracts';
import { EventStream, provisionTopics, Publisher } from '@ringback/event-stream';
import { createLogger } from '@ringback/service-runtime';
import { eventually, testBrokers } from '@ringback/testbed';
import { createDataSource } from '../database.js';
import { anOffer, OffersRig, type OffersProcess } from '../testing/offers-rig.js';
import { republishVersions } from './republish-versions.js';

/** What a backup of the database holds of the configuration, and nothing of what came after it. */
const TABLES = ['configuration_version', 'callback', 'goal', 'offer', 'affiliate', 'keyring', 'revision', 'outbox'];

describe('after the database was restored from a backup', () => {
  let rig: OffersRig;
  beforeEach(async () => {
    rig = await OffersRig.create();
  });
  afterEach(() => rig.drop());

  const backUp = async (): Promise<void> => {
    await rig.pool.query(
      `create schema backup; ${TABLES.map((table) => `create table backup.${table} as table offers.${table};`).join('')}`,
    );
  };
  const restore = async (): Promise<void> => {
    await rig.pool.query(`truncate ${TABLES.map((table) => `offers.${table}`).join(', ')}`);
    for (const table of TABLES.toReversed())
      await rig.pool.query(`insert into offers.${table} overriding system value select * from backup.${table}`);
    for (const table of ['affiliate', 'offer', 'goal', 'callback'])
      await rig.pool.query(
        `select setval(pg_get_serial_sequence('offers.${table}', 'id'), greatest(1, (select max(id) from offers.${table})))`,
      );
  };
  const keys = async (): Promise<string[]> => [...new Set((await rig.readTopic()).map(({ key }) => key))];
  /** All that the API shows. */
  const shown = async (offers: OffersProcess, callbacks: string) =>
    Promise.all(
      ['/v1/affiliates', '/v1/offers', callbacks, `${callbacks}/1`, `${callbacks}/2/versions`].map(
        async (path) => (await offers.call('GET', path)).body,
      ),
    );
  const callback = { conversionStatus: 'done', httpType: 'GET', url: 'https://t.example/' };

  it('what was acknowledged after the backup is taken in from the topic, and no revision, version or id is given twice', async () => {
    const before = await rig.start();
    const { affiliateId, offerId, callbacks } = await anOffer(before);
    const sealed = { ...callback, affiliateId, requestHeaders: [{ name: 'x-key', value: 'secret', secret: true }] };
    await before.call('POST', callbacks, sealed);
    await backUp();
    await before.call('PATCH', `${callbacks}/1`, { url: 'https://t.example/later' });
    await before.call('POST', callbacks, { ...sealed, url: 'https://t.example/new' });
    await before.call('DELETE', `${callbacks}/2`);
    await before.call('POST', `/v1/offers/${offerId}/goals`, { name: 'Later' });
    const other = await before.call<Affiliate>('POST', '/v1/affiliates', { name: 'Later Ltd' });
    const wanted = await shown(before, callbacks);
    const published = await keys();
    await before.stop();
    await restore();

    const after = await rig.start();
    expect(await shown(after, callbacks)).toEqual(wanted);
    const edited = await after.call<Callback>('PATCH', `${callbacks}/1`, { url: 'https://t.example/last' });
    expect(edited).toMatchObject({ status: 200, body: { version: 3 } });
    const made = await after.call<Offer>('POST', '/v1/offers', { name: 'After' });
    const third = await after.call<Callback>('POST', callbacks, { ...callback, affiliateId: other.body.id });
    expect([made.status, third.status, third.body.id]).toEqual([201, 201, 3]);
    // One key is one version: what came after the restore is new to every reader.
    expect((await keys()).slice(published.length)).toEqual(['callback:1:3', `offer:${made.body.id}:1`, 'callback:3:1']);
    const { rows } = await rig.pool.query(
      'select count(distinct revision)::int as revisions, max(revision)::int as newest from offers.configuration_version',
    );
    expect(rows[0].revisions).toBe(rows[0].newest);
    expect(rows[0].newest).toBe(published.length + 3);
  });

  it('no change is acknowledged before the topic was read', async () => {
    const before = await rig.start();
    const { body } = await before.call<Affiliate>('POST', '/v1/affiliates', { name: 'a' });
    await before.stop();
    const away = await rig.start({ brokers: ['127.0.0.1:1'], patienceMs: 100 });
    await eventually(async () => (await away.call('GET', `/v1/affiliates/${body.id}`)).status === 200);
    expect(await away.call('PATCH', `/v1/affiliates/${body.id}`, { name: 'b' })).toMatchObject({
      status: 503,
      body: { detail: expect.stringContaining('has not been read yet') },
    });
  });

  it('a database without anything gets the whole configuration back, the keyring too', async () => {
    const before = await rig.start();
    const { affiliateId, callbacks } = await anOffer(before);
    await before.call('POST', callbacks, { ...callback, affiliateId, requestHeaders: [{ name: 'x-key', value: 'secret', secret: true }] });
    const wanted = await before.call('GET', `${callbacks}/1`);
    const keyring = await rig.pool.query('select keys from offers.keyring');
    await before.stop();
    await rig.pool.query(`truncate ${TABLES.map((table) => `offers.${table}`).join(', ')} restart identity`);
    await rig.pool.query('insert into offers.revision (current) values (0)');
    const after = await rig.start();
    expect((await after.call('GET', `${callbacks}/1`)).body).toEqual(wanted.body);
    expect((await rig.pool.query('select keys from offers.keyring')).rows).toEqual(keyring.rows);
  });
});

describe('after the configuration topic was lost', () => {
  it('every version is written anew: the same bytes under the same keys, in the order of their revisions', async () => {
    const rig = await OffersRig.create();
    const offers = await rig.start();
    const { affiliateId, callbacks } = await anOffer(offers);
    await offers.call('POST', callbacks, { ...callbackOf(affiliateId), url: 'https://t.example/' });
    await offers.call('PATCH', `${callbacks}/1`, { url: 'https://t.example/2' });
    const published = (await rig.readTopic()).map(({ key, value }) => [key, value!.toString('utf8')]);
    await offers.stop();

    const logger = createLogger('spec', 'silent');
    const stream = new EventStream({ brokers: testBrokers(), clientId: 'spec', logger });
    const client = stream.client();
    const admin = client.kafka.admin();
    await admin.connect();
    await admin.deleteTopics({ topics: [rig.topic] });
    // Kafka deletes in the background, and until it has it takes no topic of that name.
    await eventually(async () => !(await admin.listTopics()).includes(rig.topic));
    client.cutOff();
    await provisionTopics(stream, [TOPICS.offersConfigurations], { prefix: rig.topicPrefix });
    const publisher = new Publisher(stream);
    const dataSource = createDataSource(rig.databaseUrl, logger);
    await dataSource.initialize();
    expect(await republishVersions(dataSource, publisher, rig.topic)).toBe(published.length);
    expect((await rig.readTopic()).map(({ key, value }) => [key, value!.toString('utf8')])).toEqual(published);

    await dataSource.destroy();
    await publisher.close();
    await rig.drop();
  });
});

function callbackOf(affiliateId: number) {
  return { affiliateId, conversionStatus: 'done', httpType: 'GET' };
}
