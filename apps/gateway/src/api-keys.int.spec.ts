import { decodeApiKeyEvent, TOPICS, topicName, type ApiKeyChanged } from '@ringback/contracts';
import { EventStream, TopicReader } from '@ringback/event-stream';
import { createLogger, Lifecycle } from '@ringback/service-runtime';
import { eventually, freshDatabase, randomTopicPrefix, testBrokers, type TestDatabase } from '@ringback/testbed';
import { hashApiKey } from './access/api-key.js';
import { readConfig } from './config.js';
import { migrateGateway } from './migrations.js';
import { startGateway } from './start-gateway.js';

const BOOTSTRAP_KEY = 'bootstrap-key-of-at-least-32-characters';

interface Key {
  id: number;
  key: string;
  prefix: string;
  version: number;
}

/** Two gateways, whole, on one database and one Kafka. */
describe('API keys', () => {
  let database: TestDatabase;
  const lives: Lifecycle[] = [];
  const urls: string[] = [];
  const events: ApiKeyChanged[] = [];
  let reader: TopicReader;

  beforeAll(async () => {
    database = await freshDatabase();
    await migrateGateway(database.url);
    const prefix = randomTopicPrefix();
    for (let instance = 0; instance < 2; instance++) {
      const life = new Lifecycle(createLogger('gateway', 'fatal'));
      lives.push(life);
      const config = readConfig({
        DATABASE_URL: database.url,
        KAFKA_BROKERS: testBrokers().join(','),
        TOPIC_PREFIX: prefix,
        SERVICE_TOKEN_SECRET: 's'.repeat(32),
        OFFERS_URL: 'http://127.0.0.1:1',
        CONVERSIONS_URL: 'http://127.0.0.1:1',
        DISPATCHER_URL: 'http://127.0.0.1:1',
        ADMIN_EMAIL: 'admin@example.com',
        ADMIN_PASSWORD: 'a long enough password',
        BOOTSTRAP_API_KEY: BOOTSTRAP_KEY,
      });
      urls.push(await startGateway(life, { ...config, PORT: 0 }));
    }
    reader = new TopicReader({
      stream: new EventStream({ brokers: testBrokers(), clientId: 'spec', logger: createLogger('spec', 'fatal') }),
      topic: topicName(TOPICS.gatewayApiKeys, prefix),
      logger: createLogger('spec', 'fatal'),
      onRecord: ({ key, value }) => {
        const decoded = decodeApiKeyEvent(value);
        if (!decoded.ok) throw new Error(decoded.reason);
        if (key !== `${decoded.event.data.id}:${decoded.event.data.version}`) throw new Error(`${key} is another version's`);
        events.push(decoded.event);
      },
      onFatal: (error) => {
        throw error;
      },
    });
    await reader.start();
  });
  afterAll(async () => {
    await reader.stop();
    for (const life of lives) await life.stop();
    await database.drop();
  });

  const call = async (method: string, path: string, o: { json?: unknown; token?: string; gateway?: number; ifMatch?: string } = {}) => {
    const answer = await fetch(urls[o.gateway ?? 0]! + path, {
      method,
      headers: {
        authorization: `Bearer ${o.token ?? BOOTSTRAP_KEY}`,
        ...(o.json === undefined ? {} : { 'content-type': 'application/json' }),
        ...(o.ifMatch === undefined ? {} : { 'if-match': o.ifMatch }),
      },
      ...(o.json === undefined ? {} : { body: JSON.stringify(o.json) }),
    });
    const text = await answer.text();
    return { status: answer.status, headers: answer.headers, text, body: (text === '' ? {} : JSON.parse(text)) as Record<string, unknown> };
  };
  const make = async (json: object = {}) => {
    const made = await call('POST', '/v1/api-keys', { json: { name: 'tracker', role: 'viewer', ...json } });
    expect({ status: made.status, body: made.body }).toMatchObject({ status: 201 });
    return made.body as unknown as Key;
  };
  const statusOf = async (token: string, gateway: number) => (await call('GET', '/v1/macros', { token, gateway })).status;
  const published = (keyId: number) => events.filter(({ data }) => data.id === keyId).map(({ data }) => data);

  it('are shown once, and known by what they begin with', async () => {
    const made = await call('POST', '/v1/api-keys', { json: { name: 'tracker', role: 'service', offerIds: [7, 1, 7] } });
    const { key, ...rest } = made.body as unknown as Key;
    expect(key).toMatch(/^rbk_[\w-]{43}$/);
    expect(rest).toMatchObject({ prefix: key.slice(0, 8), offerIds: [1, 7], createdBy: 'bootstrap', version: 1, lastUsedAt: null });
    expect([made.headers.get('location'), made.headers.get('etag')]).toEqual([`/v1/api-keys/${rest.id}`, '"1"']);
    for (const path of ['/v1/api-keys?limit=200', `/v1/api-keys/${rest.id}`]) {
      const { text } = await call('GET', path);
      expect(text).toContain(rest.prefix);
      expect(text).not.toContain(key.slice(8));
    }
    await eventually(() => published(rest.id).length === 1);
    expect(published(rest.id)[0]).toMatchObject({
      hash: hashApiKey(key).toString('hex'),
      role: 'service',
      permissions: ['conversions:read', 'conversions:write'],
      scope: { offerIds: [1, 7] },
      changedBy: 'bootstrap',
    });
  });

  it('stop working on every gateway within a second of being revoked, for good, and the services hear of it', async () => {
    const { id, key } = await make();
    expect([await statusOf(key, 0), await statusOf(key, 1)]).toEqual([200, 200]);
    expect((await call('DELETE', `/v1/api-keys/${id}`, { gateway: 1 })).status).toBe(204);
    const revokedAt = performance.now();
    expect([await statusOf(key, 0), await statusOf(key, 1)]).toEqual([401, 401]);
    expect(performance.now() - revokedAt).toBeLessThan(1_000);
    await eventually(() => published(id).length === 2);
    expect(published(id).map(({ version, revokedAt: at }) => [version, at === null])).toEqual([
      [1, true],
      [2, false],
    ]);
    expect((await call('DELETE', `/v1/api-keys/${id}`)).status).toBe(204); // nothing more happens
    expect((await call('PATCH', `/v1/api-keys/${id}`, { json: { name: 'again' } })).status).toBe(409);
    expect(published(id)).toHaveLength(2);
    expect(await call('GET', `/v1/api-keys/${id}`)).toMatchObject({ body: { version: 2, revokedAt: expect.any(String) } });
  });

  it('are renamed, and end at another time, each as a version', async () => {
    const { id } = await make();
    const expiresAt = new Date(Date.now() + 3_600_000).toISOString();
    expect(await call('PATCH', `/v1/api-keys/${id}`, { json: { name: 'tracker 2', expiresAt }, ifMatch: '"1"' })).toMatchObject({
      status: 200,
      body: { name: 'tracker 2', expiresAt, version: 2 },
    });
    const late = await call('PATCH', `/v1/api-keys/${id}`, { json: { name: 'tracker 3' }, ifMatch: '"1"' });
    expect(late).toMatchObject({ status: 412, body: { current: { name: 'tracker 2', version: 2 } } });
    expect(await call('PATCH', `/v1/api-keys/${id}`, { json: { expiresAt: null } })).toMatchObject({
      body: { name: 'tracker 2', expiresAt: null },
    });
    await eventually(() => published(id).length === 3);
    expect(published(id).map((data) => data.expiresAt)).toEqual([null, expiresAt, null]);
  });

  it('tell when they were last used, and are written once a minute for it', async () => {
    const { id, key } = await make();
    for (let n = 0; n < 5; n++) await statusOf(key, n % 2);
    const lastUsedAt = async () => (await call('GET', `/v1/api-keys/${id}`)).body['lastUsedAt'];
    await eventually(async () => (await lastUsedAt()) !== null);
    const first = await lastUsedAt();
    await statusOf(key, 0);
    expect(await lastUsedAt()).toBe(first);
    expect(await call('GET', `/v1/api-keys/${id}`)).toMatchObject({ body: { version: 1 } });
  });

  it.each([
    ['no role there is', { role: 'emperor' }, 'role'],
    ['no offers at all', { offerIds: [] }, 'offerIds'],
    ['an offer that is none', { offerIds: [0] }, 'offerIds.0'],
    ['more offers than a token can carry', { offerIds: Array.from({ length: 501 }, (_, index) => index + 1) }, 'offerIds'],
    ['an end that is past', { expiresAt: '2020-01-01T00:00:00Z' }, 'expiresAt'],
    ['no name', { name: ' ' }, 'name'],
    ['a key of its own', { key: 'rbk_mine' }, 'key'],
  ])('with %s are refused with 422', async (_, json, path) => {
    expect(await call('POST', '/v1/api-keys', { json: { name: 'tracker', role: 'viewer', ...json } })).toMatchObject({
      status: 422,
      body: { errors: [{ path }] },
    });
  });

  it('limited to some offers make no keys, whatever their role', async () => {
    const { key } = await make({ role: 'admin', offerIds: [1] });
    expect((await call('POST', '/v1/api-keys', { token: key, json: { name: 'x', role: 'viewer' } })).status).toBe(403);
  });

  it('of the environment are published too', () => {
    expect(events.find(({ data }) => data.hash === hashApiKey(BOOTSTRAP_KEY).toString('hex'))?.data).toMatchObject({
      name: 'bootstrap',
      role: 'admin',
      permissions: ['*'],
      scope: { offerIds: null },
    });
  });
});
