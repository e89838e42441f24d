import { ConfigError } from '@ringback/service-runtime';
import { readConfig, readMigrationConfig } from './config.js';

const good = {
  DATABASE_URL: 'postgres://u:p@localhost:5432/db',
  KAFKA_BROKERS: 'localhost:9092',
  SERVICE_TOKEN_SECRET: 's'.repeat(32),
  OFFERS_URL: 'http://127.0.0.1:8081/',
  CONVERSIONS_URL: 'http://127.0.0.1:8082',
  DISPATCHER_URL: 'https://dispatcher.internal',
  ADMIN_EMAIL: 'admin@example.com',
  ADMIN_PASSWORD: 'a long enough password',
  BOOTSTRAP_API_KEY: `rbk_${'a'.repeat(32)}`,
};

describe('the settings of the gateway', () => {
  it('are read with their defaults', () => {
    expect(readConfig(good)).toMatchObject({
      PORT: 8080,
      HOST: '127.0.0.1',
      OFFERS_URL: 'http://127.0.0.1:8081',
      UPSTREAM_TIMEOUT_MS: 20_000,
      SECURE_COOKIES: 'true',
      TRUSTED_PROXIES: [],
    });
    expect(readMigrationConfig(good)).toEqual({ DATABASE_URL: good.DATABASE_URL });
  });

  it('derive the secret of sessions where none is set: not the service secret itself, the same in every gateway', () => {
    const { SESSION_SECRET } = readConfig(good);
    expect(SESSION_SECRET).toMatch(/^[0-9a-f]{64}$/);
    expect(readConfig(good).SESSION_SECRET).toBe(SESSION_SECRET);
    expect(readConfig({ ...good, SERVICE_TOKEN_SECRET: 't'.repeat(32) }).SESSION_SECRET).not.toBe(SESSION_SECRET);
    expect(readConfig({ ...good, SESSION_SECRET: 'x'.repeat(32) }).SESSION_SECRET).toBe('x'.repeat(32));
  });

  it.each([
    ['OFFERS_URL', undefined, 'OFFERS_URL is not set'],
    ['CONVERSIONS_URL', 'localhost:8082', 'CONVERSIONS_URL: must be a URL such as http://127.0.0.1:8082'],
    ['DISPATCHER_URL', 'ftp://x', 'DISPATCHER_URL: must be a URL such as'],
    ['ADMIN_EMAIL', 'admin', 'ADMIN_EMAIL: must be an email address'],
    ['TRUSTED_PROXIES', '10.0.0.0/8, nginx', 'TRUSTED_PROXIES: "nginx" is no address or network'],
    ['TRUSTED_PROXIES', '10.0.0.0/33', 'TRUSTED_PROXIES: "10.0.0.0/33" is no address or network'],
    ['SECURE_COOKIES', 'maybe', 'SECURE_COOKIES: must be true or false'],
    ['KAFKA_BROKERS', undefined, 'KAFKA_BROKERS is not set'],
    ['ADMIN_PASSWORD', 'short', 'ADMIN_PASSWORD: must have at least 12 characters'],
    ['BOOTSTRAP_API_KEY', 'short', 'BOOTSTRAP_API_KEY: must be at least 32 of'],
    ['BOOTSTRAP_API_KEY', 'with spaces that no header can carry', 'BOOTSTRAP_API_KEY: must be at least 32 of'],
    ['SESSION_SECRET', 'short', 'SESSION_SECRET: must have at least 32 characters'],
    ['SERVICE_TOKEN_SECRET', undefined, 'SERVICE_TOKEN_SECRET is not set'],
    ['UPSTREAM_TIMEOUT_MS', '0', 'UPSTREAM_TIMEOUT_MS: '],
  ])('%s = %s is refused by name', (variable, value, message) => {
    expect(() => readConfig({ ...good, [variable]: value })).toThrow(ConfigError);
    expect(() => readConfig({ ...good, [variable]: value })).toThrow(message);
  });

  it('are never told back when they are refused', () => {
    expect(() => readConfig({ ...good, ADMIN_PASSWORD: 'hunter2' })).toThrow(
      expect.not.objectContaining({ message: expect.stringContaining('hunter2') }),
    );
  });
});
