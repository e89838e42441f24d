import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EventStream } from '@ringback/event-stream';
import { createLogger, createPool, kafkaConfigShape, kafkaConnection, loadConfig } from '@ringback/service-runtime';
import { certificates, runScript, startKafka, startPostgres, type RunningKafka, type RunningPostgres } from '@ringback/testbed';
import { ownSystem, type System } from './harness/system.js';

const USER = 'ringback';
const PASSWORD = 'only for the test';

describe('a Kafka that takes TLS with SASL only, and a PostgreSQL that takes TLS only', () => {
  const folder = mkdtempSync(join(tmpdir(), 'ringback-tls-'));
  const file = (name: string, text: string): string => {
    const path = join(folder, name);
    writeFileSync(path, text);
    return path;
  };
  let kafka: RunningKafka | undefined;
  let postgres: RunningPostgres | undefined;
  let system: System | undefined;
  let env: Record<string, string>;
  let otherAuthority: string;
  beforeAll(async () => {
    const { authority, valid, selfSigned } = await certificates();
    env = {
      KAFKA_SSL_CA: file('authority.pem', authority),
      KAFKA_SASL_MECHANISM: 'scram-sha-512',
      KAFKA_SASL_USERNAME: USER,
      KAFKA_SASL_PASSWORD: PASSWORD,
    };
    otherAuthority = file('other.pem', selfSigned.cert);
    [kafka, postgres] = await Promise.all([
      startKafka({ secured: { certificate: valid, user: USER, password: PASSWORD } }),
      startPostgres({ secured: { certificate: valid, authority } }),
    ]);
    system = await ownSystem({ brokers: kafka.brokers, databaseServer: postgres.url, env });
  }, 120_000);
  afterAll(async () => {
    await system?.close();
    await Promise.all([kafka?.stop(), postgres?.stop()]);
    rmSync(folder, { recursive: true, force: true });
  });

  it('migrations, every service and the rotation of the master key work; a conversion is delivered', async () => {
    const { network, platform, receiver } = system!;
    const ids = { offerId: (await network.offer()).id, affiliateId: (await network.affiliate()).id };
    await network.callback(ids.offerId, { affiliateId: ids.affiliateId, url: `${receiver.url}/{conversion_id}` });
    const { id } = await network.convert(ids);
    await system!.settled();
    expect(receiver.requests.map(({ rawUrl }) => rawUrl)).toEqual([`/${id}`]);

    // Every connection of the services is encrypted: the server takes no other, and says so of each.
    const sessions = await system!.sql(
      `select distinct split_part(application_name, '-', 1) as who, ssl from pg_stat_ssl join pg_stat_activity using (pid)
       where datname = current_database() and application_name <> '' order by who`,
    );
    expect(sessions).toEqual(['conversions', 'dispatcher', 'gateway', 'offers'].map((who) => ({ who, ssl: true })));

    const { databaseUrl, masterKey, topicPrefix } = platform.settings;
    const rotation = { DATABASE_URL: databaseUrl, TOPIC_PREFIX: topicPrefix, MASTER_KEY: masterKey };
    await runScript('offers-service', 'rotate-master-key.js', { env: rotation });
  });

  it('without TLS, or without the password, there is no way in', async () => {
    await expect(connect(postgres!.url.replace(/\?.*/, ''))).rejects.toThrow(/no encryption/);
    await expect(ask({ ...env, KAFKA_SASL_PASSWORD: 'wrong' })).rejects.toThrow(/SASL SCRAM SHA512 authentication failed/);
  });

  it('a certificate that is not trusted is said with the remedy, by Kafka and by PostgreSQL', async () => {
    await expect(ask({ ...env, KAFKA_SSL_CA: otherAuthority })).rejects.toThrow(
      /the broker's certificate is not trusted \(.+\): name its authority by KAFKA_SSL_CA/,
    );
    const url = new URL(postgres!.url);
    url.searchParams.set('sslrootcert', otherAuthority);
    await expect(connect(url.href)).rejects.toThrow(
      /PostgreSQL's certificate is not trusted \(.+\): name its authority by sslrootcert in DATABASE_URL/,
    );
  });

  /** As the services connect. */
  async function connect(databaseUrl: string): Promise<void> {
    const pool = createPool(databaseUrl, { max: 1, applicationName: 'spec', logger: createLogger('spec', 'silent') });
    try {
      await pool.query('select 1');
    } finally {
      await pool.end();
    }
  }

  async function ask(security: Record<string, string>): Promise<void> {
    const settings = loadConfig(kafkaConfigShape, { ...security, KAFKA_BROKERS: kafka!.brokers });
    const logger = createLogger('spec', 'silent');
    const client = new EventStream({ ...kafkaConnection(settings), clientId: 'spec', logger }).client();
    try {
      await client.kafka.admin().connect();
    } finally {
      client.cutOff();
    }
  }
});
