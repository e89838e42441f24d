import { decodeConfigurationEvent, type Affiliate, type ConfigurationEvent } from '@ringback/contracts';
import type { TopicRecord } from '@ringback/event-stream';
import { eventually } from '@ringback/testbed';
import { ACTOR, anOffer, OffersRig, type OffersProcess } from '../testing/offers-rig.js';

/** Nobody listens here. */
const CLOSED_PORT = ['127.0.0.1:1'];

function events(records: readonly TopicRecord[]): ConfigurationEvent[] {
  return records.map(({ value }) => {
    const decoded = decodeConfigurationEvent(value);
    if (!decoded.ok) throw new Error(decoded.reason);
    return decoded.event;
  });
}

describe('a change of the configuration', () => {
  let rig: OffersRig;

  beforeEach(async () => {
    rig = await OffersRig.create();
  });
  afterEach(() => rig.drop());

  it('is one version with the next revision, one record under its key, and is in Kafka when acknowledged', async () => {
    const offers = await rig.start();
    const { affiliateId, offerId, goalId } = await anOffer(offers);
    const records = await rig.readTopic();
    expect(records.map(({ key }) => key)).toEqual(['keyring:1', `affiliate:${affiliateId}:1`, `offer:${offerId}:1`, `offer:${offerId}:2`]);
    expect(events(records)).toMatchObject([
      { type: 'KeyringChanged', id: 'keyring:1', data: { revision: 1, version: 1, changedBy: 'system' } },
      { type: 'AffiliateChanged', data: { revision: 2, version: 1, changedBy: ACTOR, id: affiliateId } },
      { type: 'OfferChanged', data: { revision: 3, version: 1, goals: [] } },
      { type: 'OfferChanged', data: { revision: 4, version: 2, goals: [{ id: goalId, name: 'Deposit', archived: false }] } },
    ]);
    const stored = await rig.pool.query('select record::text from offers.configuration_version order by revision');
    expect(records.map(({ value }) => value!.toString('utf8'))).toEqual(stored.rows.map(({ record }) => record));
  });

  it('50 at once, over two instances: revisions and versions are 1, 2, 3… without a gap, and the topic has their order', async () => {
    const instances = [await rig.start(), await rig.start()];
    const { body } = await instances[0]!.call<Affiliate>('POST', '/v1/affiliates', { name: 'first' });
    const answers = await Promise.all(
      Array.from({ length: 50 }, (_, i) => instances[i % 2]!.call<Affiliate>('PATCH', `/v1/affiliates/${body.id}`, { name: `name ${i}` })),
    );
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
    expect(answers.map((answer) => answer.body.version).sort((a, b) => a - b)).toEqual(Array.from({ length: 50 }, (_, i) => i + 2));
    const published = events(await rig.readTopic());
    const revisions = published.map(({ data }) => data.revision);
    expect(revisions.filter((revision, i) => revisions.indexOf(revision) === i)).toEqual(Array.from({ length: 52 }, (_, i) => i + 1));
    const versions = published.filter(({ type }) => type === 'AffiliateChanged').map(({ data }) => data.version);
    expect([...new Set(versions)]).toEqual(Array.from({ length: 51 }, (_, i) => i + 1));
    // Who was answered a version got exactly the name that the version carries.
    const names = new Map(published.map(({ data }) => [data.version, (data as Affiliate).name]));
    for (const answer of answers) expect(names.get(answer.body.version)).toBe(answer.body.name);
  });

  it('that is refused leaves no gap', async () => {
    const offers = await rig.start();
    const { callbacks, affiliateId } = await anOffer(offers);
    const callback = { affiliateId, conversionStatus: 'done', httpType: 'GET' };
    expect((await offers.call('POST', callbacks, { ...callback, url: 'https://t.example/{nope}' })).status).toBe(422);
    expect((await offers.call('POST', callbacks, { ...callback, url: 'https://t.example/' })).status).toBe(201);
    expect(events(await rig.readTopic()).map(({ data }) => data.revision)).toEqual([1, 2, 3, 4, 5]);
  });

  it('is answered 202 while Kafka is away, also when it is asked for again, and comes into force by itself later', async () => {
    const away = await rig.start({ brokers: CLOSED_PORT, patienceMs: 100 });
    // 503 until PostgreSQL was found, which may take longer than the start's patience here.
    const made = await eventually(async () => {
      const answer = await away.call<Affiliate>('POST', '/v1/affiliates', { name: 'patient' });
      if (answer.status === 503) throw new Error('PostgreSQL was not found yet');
      return answer;
    });
    expect(made).toMatchObject({ status: 202, body: { name: 'patient', version: 1, inForce: false } });
    const path = `/v1/affiliates/${made.body.id}`;
    expect(await away.call('PATCH', path, { name: 'patient' })).toMatchObject({ status: 202, body: { version: 1, inForce: false } });
    expect((await away.call<Affiliate>('GET', path)).body).not.toHaveProperty('inForce');
    await away.stop();

    const back = await rig.start();
    await eventually(async () => (await back.call('PATCH', path, { name: 'patient' })).status === 200);
    expect((await rig.readTopic()).map(({ key }) => key).sort()).toEqual([`affiliate:${made.body.id}:1`, 'keyring:1']);
  });

  it('while too many changes wait for Kafka, further ones are answered 503', async () => {
    const away = await rig.start({ brokers: CLOSED_PORT, patienceMs: 100, env: { OUTBOX_MAX_ROWS: '1' } });
    await rig.pool.query(`insert into offers.outbox (id, topic, key, value) select i, $1, 'x', null from generate_series(101, 103) i`, [
      rig.topic,
    ]);
    await eventually(async () => (await away.call('POST', '/v1/affiliates', { name: 'one more' })).status === 503, {
      timeoutMs: 15_000,
    });
  });

  it('with the same name for the times as the clock tells, never before the version before', async () => {
    let now = Date.parse('2026-01-15T12:00:00.000Z');
    const offers = await rig.start({ now: () => now });
    const { body } = await offers.call<Affiliate>('POST', '/v1/affiliates', { name: 'a' });
    expect(body).toMatchObject({ createdAt: '2026-01-15T12:00:00.000Z', updatedAt: '2026-01-15T12:00:00.000Z' });
    now -= 600_000; // another instance's clock
    const edited = await offers.call<Affiliate>('PATCH', `/v1/affiliates/${body.id}`, { name: 'b' });
    expect(edited.body.updatedAt).toBe('2026-01-15T12:00:00.000Z');
  });

  it('a hung change is ended by PostgreSQL, so that others go on', async () => {
    const offers = await rig.start();
    const hung = await rig.pool.connect();
    // What a process that is stopped in the middle of a change leaves behind.
    await hung.query('begin');
    await hung.query(`select current, set_config('idle_in_transaction_session_timeout', '500', true) from offers.revision for update`);
    hung.on('error', () => undefined);
    expect((await offers.call('POST', '/v1/affiliates', { name: 'goes on' })).status).toBe(201);
    hung.release(true);
  });

  it('every instance seals with the one keyring', async () => {
    const [one, two] = await Promise.all([rig.start(), rig.start()]);
    const { callbacks, affiliateId } = await anOffer(one!);
    const secret = { affiliateId, conversionStatus: 'done', httpType: 'GET', url: 'https://t.example/', basicAuth: { token: 'tok-Kq81' } };
    const made = await one!.call<{ id: number }>('POST', callbacks, secret);
    expect(await two!.call('PATCH', `${callbacks}/${made.body.id}`, { basicAuth: { token: 'tok-Kq81' } })).toMatchObject({
      status: 200,
      body: { version: 1 },
    });
    expect((await rig.pool.query('select * from offers.keyring')).rows).toHaveLength(1);
  });
});

describe('without a database', () => {
  it('every route answers 503, and liveness holds', async () => {
    const rig = await OffersRig.create();
    const offers: OffersProcess = await rig.start({ patienceMs: 100, env: { DATABASE_URL: 'postgres://a:b@127.0.0.1:1/none' } });
    for (const path of ['/v1/offers', '/v1/affiliates/1', '/v1/offers/1/callbacks']) {
      expect(await offers.call('GET', path)).toMatchObject({ status: 503, body: { status: 503 } });
    }
    expect((await offers.call('POST', '/v1/affiliates', { name: 'x' })).status).toBe(503);
    expect((await offers.call('GET', '/health/live')).status).toBe(200);
    await rig.drop();
  }, 20_000);
});
