import { readConfig } from './config.js';

const env = {
  DATABASE_URL: 'postgres://localhost/ringback',
  KAFKA_BROKERS: 'localhost:9092',
  SERVICE_TOKEN_SECRET: 'x'.repeat(32),
  MASTER_KEY: Buffer.alloc(32).toString('base64'),
};

describe('the settings of where callbacks may go', () => {
  it('are public addresses only, all ports and 3 s, unless they say otherwise', () => {
    expect(readConfig(env)).toMatchObject({
      CALLBACK_ALLOWED_NETWORKS: [],
      CALLBACK_ALLOWED_PORTS: [],
      CALLBACK_CONNECT_TIMEOUT_MS: 3_000,
    });
  });

  it('are lists', () => {
    const config = readConfig({ ...env, CALLBACK_ALLOWED_NETWORKS: '10.20.0.0/16, fd12::/48', CALLBACK_ALLOWED_PORTS: '443,8000-8999' });
    expect(config.CALLBACK_ALLOWED_NETWORKS.map(([address, bits]) => `${address.toString()}/${bits}`)).toEqual([
      '10.20.0.0/16',
      'fd12::/48',
    ]);
    expect(config.CALLBACK_ALLOWED_PORTS).toEqual([
      [443, 443],
      [8000, 8999],
    ]);
  });

  it.each([
    ['CALLBACK_ALLOWED_NETWORKS', '10.20.0.0/33', 'CALLBACK_ALLOWED_NETWORKS: "10.20.0.0/33" is no network'],
    ['CALLBACK_ALLOWED_PORTS', 'https', 'CALLBACK_ALLOWED_PORTS: "https" is no port'],
    ['CALLBACK_CONNECT_TIMEOUT_MS', '0', 'CALLBACK_CONNECT_TIMEOUT_MS'],
  ])('%s=%s keeps the service from starting, and says why', (key, value, message) => {
    expect(() => readConfig({ ...env, [key]: value })).toThrow(message);
  });
});
