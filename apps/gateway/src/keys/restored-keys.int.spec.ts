import { TOPICS, topicName, decodeApiKeyEvent, type ApiKeyVersion } from '@ringback/contracts';
import { EventStream, TopicReader } from '@ringback/event-stream';
import { createLogger, Lifecycle } from '@ringback/service-runtime';
import { eventually, freshDatabase, randomTopicPrefix, runScript, testBrokers, type TestDatabase } from '@ringback/testbed';
import pg from 'pg';
import { readConfig } from '../config.js';
import { migrateGateway } from '../migrations.js';
import { startGateway } from '../start-gateway.js';
import { republishKeys } from './republish-keys.js';

const BOOTSTRAP_KEY = 'bootstrap-key-of-at-least-32-characters';

describe('API keys after the database was restored, or their topic was lost', () => {
  const topicPrefix = randomTopicPrefix();
  const topic = topicName(TOPICS.gatewayApiKeys, topicPrefix);
  const logger = createLogger('spec', 'silent');
  let database: TestDatabase;
  let pool: pg.Pool;
  let life: Lifecycle | undefined;
  let url: string;
  beforeAll(async () => {
    database = await freshDatabase();
    await migrateGateway(database.url);
    pool = new pg.Pool({ connectionString: database.url, max: 2 });
    // Ended by a drop that could wait no longer: no fault of the spec.
    pool.on('error', () => undefined);
    await start();
  });
  afterAll(async () => {
    await life?.stop();
    await pool.end();
    await database.drop();
  });

  async function start(): Promise<void> {
    life = new Lifecycle(createLogger('gateway', 'silent'));
    const config = readConfig({
      DATABASE_URL: database.url,
      KAFKA_BROKERS: testBrokers().join(','),
      TOPIC_PREFIX: topicPrefix,
      SERVICE_TOKEN_SECRET: 's'.repeat(32),
      OFFERS_URL: 'http://127.0.0.1:1',
      CONVERSIONS_URL: 'http://127.0.0.1:1',
      DISPATCHER_URL: 'http://127.0.0.1:1',
      ADMIN_EMAIL: 'admin@example.com',
      ADMIN_PASSWORD: 'a long enough password',
      BOOTSTRAP_API_KEY: BOOTSTRAP_KEY,
    });
    url = await startGateway(life, { ...config, PORT: 0 });
  }
  async function call(method: string, path: string, token = BOOTSTRAP_KEY, json?: object) {
    const headers = { authorization: `Bearer ${token}`, ...(json && { 'content-type': 'application/json' }) };
    const answer = await fetch(url + path, { method, headers, ...(json && { body: JSON.stringify(json) }) });
    const text = await answer.text();
    return { status: answer.status, body: (text === '' ? {} : JSON.parse(text)) as Record<string, unknown> };
  }
  const make = async (name: string) => (await call('POST', '/v1/api-keys', BOOTSTRAP_KEY, { name, role: 'viewer' })).body;
  const mayEnter = async (key: unknown) => (await call('GET', '/v1/macros', String(key))).status === 200;
  async function onTopic(): Promise<ApiKeyVersion[]> {
    const versions: ApiKeyVersion[] = [];
    const stream = new EventStream({ brokers: testBrokers(), clientId: 'spec', logger });
    const onRecord = ({ value }: { value: Buffer | null }): void => {
      const decoded = decodeApiKeyEvent(value);
      if (decoded.ok) versions.push(decoded.event.data);
    };
    const reader = new TopicReader({ stream, topic, logger, onRecord, onFatal: () => undefined });
    await reader.start();
    await reader.stop();
    return versions;
  }

  it('a key that was revoked after the backup stays revoked, and one that was made after it works', async () => {
    const old = await make('old');
    await pool.query('create table backup as table gateway.api_key');
    const made = await make('new');
    await call('DELETE', `/v1/api-keys/${String(old['id'])}`);
    expect([await mayEnter(old['key']), await mayEnter(made['key'])]).toEqual([false, true]);
    await life!.stop();
    await pool.query('delete from gateway.api_key; insert into gateway.api_key overriding system value table backup');

    await start();
    await eventually(async () => (await mayEnter(made['key'])) && !(await mayEnter(old['key'])));
    // Its next version is new to every reader.
    const next = await call('PATCH', `/v1/api-keys/${String(made['id'])}`, BOOTSTRAP_KEY, { name: 'newer' });
    expect(next).toMatchObject({ status: 200, body: { version: 2 } });
    expect(Number((await make('last'))['id'])).toBeGreaterThan(Number(made['id']));
  });

  it('every key is announced anew as its next version, as it is now', async () => {
    const { rows } = await pool.query<{ id: number; version: number; revoked_at: Date | null }>(
      'select id, version, revoked_at from gateway.api_key order by id',
    );
    const ids = await republishKeys(pool, topic);
    expect(ids).toHaveLength(rows.length);
    await eventually(async () => (await pool.query('select from gateway.outbox')).rowCount === 0);
    const announced = (await onTopic()).filter(({ changedBy }) => changedBy === 'republish').sort((a, b) => a.id - b.id);
    expect(announced.map(({ id, version, revokedAt }) => ({ id, version, revokedAt }))).toEqual(
      rows.map(({ id, version, revoked_at: at }) => ({ id, version: version + 1, revokedAt: at?.toISOString() ?? null })),
    );
  });

  it('the command makes the topic that was deleted, and the gateway that runs on publishes every key to it', async () => {
    const env = { DATABASE_URL: database.url, KAFKA_BROKERS: testBrokers().join(','), TOPIC_PREFIX: topicPrefix };
    await runScript('local', 'topics.js', { args: ['remove'], env });
    await runScript('gateway', 'republish.js', { env });
    const { rows } = await pool.query<{ id: number }>('select id from gateway.api_key order by id');
    expect((await onTopic()).map(({ id }) => id).sort((a, b) => a - b)).toEqual(rows.map(({ id }) => id));
  }, 120_000);
});
