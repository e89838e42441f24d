import type { Callback } from '@ringback/contracts';
import { createLogger } from '@ringback/service-runtime';
import { eventually, HeldClock } from '@ringback/testbed';
import type { DataSource } from 'typeorm';
import { connectDatabase, createDataSource } from '../database.js';
import { anOffer, OffersRig, type OffersProcess } from '../testing/offers-rig.js';
import { TOMBSTONE_AFTER_MS, writeDueTombstones } from './tombstones.js';

const logger = createLogger('spec', 'fatal');

describe('tombstones', () => {
  const clock = new HeldClock();
  let rig: OffersRig;
  let offers: OffersProcess;
  let dataSource: DataSource;

  beforeEach(async () => {
    rig = await OffersRig.create();
    offers = await rig.start({ now: clock.now });
    dataSource = createDataSource(rig.databaseUrl, logger);
    await connectDatabase(dataSource);
  });
  afterEach(async () => {
    await dataSource.destroy();
    await rig.drop();
  });

  /** One run of the job; the service's own relay, woken by its look at the outbox, publishes. */
  const run = async (batchRows?: number) => {
    const written = await writeDueTombstones({
      dataSource,
      publisher: { wake: () => undefined, isFull: () => false },
      topic: rig.topic,
      now: clock.now,
      ...(batchRows ? { batchRows } : {}),
    });
    await eventually(async () => (await rig.pool.query('select from offers.outbox')).rowCount === 0, { timeoutMs: 10_000 });
    return written;
  };
  const published = async () => (await rig.readTopic()).filter(({ value }) => value === null).map(({ key }) => key);

  it('end a version 14 days after it was superseded, once, and never the newest', async () => {
    const { offerId } = await anOffer(offers); // versions 1 and 2 of the offer
    clock.advance(TOMBSTONE_AFTER_MS - 1);
    expect(await run()).toBe(0);
    await offers.call('PATCH', `/v1/offers/${offerId}`, { name: 'third' });
    clock.advance(1);
    expect(await run()).toBe(1);
    expect(await run()).toBe(0);
    expect(await published()).toEqual([`offer:${offerId}:1`]);
    clock.advance(TOMBSTONE_AFTER_MS);
    expect(await run()).toBe(1);
    expect(await published()).toEqual([`offer:${offerId}:1`, `offer:${offerId}:2`]);
    clock.advance(10 * TOMBSTONE_AFTER_MS);
    expect(await run()).toBe(0);
  });

  it('end all versions of a deleted callback, oldest first, the deletion last, whatever the size of a batch', async () => {
    const { callbacks, affiliateId } = await anOffer(offers);
    clock.advance(TOMBSTONE_AFTER_MS);
    await run(); // the offer's
    const fields = { affiliateId, conversionStatus: 'done', httpType: 'GET', url: 'https://t.example/' };
    const { body } = await offers.call<Callback>('POST', callbacks, fields);
    await offers.call('PATCH', `${callbacks}/${body.id}`, { name: 'second' });
    await offers.call('DELETE', `${callbacks}/${body.id}`);
    clock.advance(TOMBSTONE_AFTER_MS - 1);
    expect(await run()).toBe(0);
    clock.advance(1);
    expect(await run(1)).toBe(3);
    expect((await published()).slice(-3)).toEqual([1, 2, 3].map((version) => `callback:${body.id}:${version}`));
    // Its history stays in the database, and it can still be restored.
    expect(await offers.call('POST', `${callbacks}/${body.id}/versions/1/restore`)).toMatchObject({ status: 200, body: { version: 4 } });
    clock.advance(TOMBSTONE_AFTER_MS);
    expect(await run()).toBe(0);
  });

  it('spare the versions of a callback that was restored in time, until they are superseded long enough', async () => {
    const { callbacks, affiliateId } = await anOffer(offers);
    clock.advance(TOMBSTONE_AFTER_MS);
    await run();
    const fields = { affiliateId, conversionStatus: 'done', httpType: 'GET', url: 'https://t.example/' };
    const { body } = await offers.call<Callback>('POST', callbacks, fields);
    await offers.call('DELETE', `${callbacks}/${body.id}`);
    clock.advance(TOMBSTONE_AFTER_MS - 1);
    await offers.call('POST', `${callbacks}/${body.id}/versions/1/restore`);
    clock.advance(1);
    expect(await run()).toBe(1); // version 1, superseded by the deletion
    clock.advance(TOMBSTONE_AFTER_MS);
    expect(await run()).toBe(1); // the deletion, superseded by the restoring
    expect((await published()).slice(-2)).toEqual([`callback:${body.id}:1`, `callback:${body.id}:2`]);
  });

  it('take numbers of the same counter, so that changes stay in the order of their outbox ids', async () => {
    const { offerId } = await anOffer(offers);
    clock.advance(TOMBSTONE_AFTER_MS);
    expect(await run()).toBe(1);
    await offers.call('PATCH', `/v1/offers/${offerId}`, { name: 'after' });
    const { rows } = await rig.pool.query('select max(revision)::integer as newest from offers.configuration_version');
    expect(rows[0].newest).toBe(6); // 4 changes, one tombstone, one change
  });

  it('are written by one instance at a time', async () => {
    await anOffer(offers);
    clock.advance(TOMBSTONE_AFTER_MS);
    expect((await Promise.all([run(), run(), run()])).reduce((a, b) => a + b)).toBe(1);
  });

  it('wait while the outbox is full', async () => {
    await anOffer(offers);
    clock.advance(TOMBSTONE_AFTER_MS);
    const publisher = { wake: () => undefined, isFull: () => true };
    expect(await writeDueTombstones({ dataSource, publisher, topic: rig.topic, now: clock.now })).toBe(0);
  });
});
