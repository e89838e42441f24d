import { commonConfigShape, loadConfig, portSetting } from './config.js';

const good = { DATABASE_URL: 'postgres://u:p@localhost:5432/db', KAFKA_BROKERS: 'a:1, b:2', SERVICE_TOKEN_SECRET: 'x'.repeat(32) };
const shape = { ...commonConfigShape, PORT: portSetting(8080) };

describe('settings', () => {
  it('are read with their defaults', () => {
    expect(loadConfig(shape, good)).toMatchObject({ KAFKA_BROKERS: ['a:1', 'b:2'], TOPIC_PREFIX: '', PORT: 8080, LOG_LEVEL: 'info' });
  });

  it('that are empty count as unset', () => {
    expect(loadConfig(shape, { ...good, PORT: '' }).PORT).toBe(8080);
  });

  it.each([
    ['DATABASE_URL', 'mysql://x', /DATABASE_URL: must be a URL such as postgres:/],
    ['DATABASE_URL', undefined, /DATABASE_URL is not set/],
    ['DATABASE_URL', 'postgres://h/d?sslmode=require', /DATABASE_URL: sslmode=require is not taken: say verify-full/],
    ['DATABASE_URL', 'postgres://h/d?ssl=no-verify', /DATABASE_URL: ssl and uselibpqcompat are not taken: say sslmode/],
    ['DATABASE_URL', 'postgres://h/d?sslrootcert=/etc/hosts', /DATABASE_URL: sslrootcert, .* need sslmode=verify-full/],
    ['DATABASE_URL', 'postgres://h/d?sslmode=verify-full&sslcert=/etc/hosts', /DATABASE_URL: sslcert and sslkey go together/],
    [
      'DATABASE_URL',
      'postgres://h/d?sslmode=verify-full&sslrootcert=/no.pem',
      /DATABASE_URL: sslrootcert=\/no.pem cannot be read \(ENOENT\)/,
    ],
    ['KAFKA_BROKERS', 'localhost', /KAFKA_BROKERS: must be host:port/],
    ['PORT', '70000', /PORT: /],
    ['SERVICE_TOKEN_SECRET', 'short', /SERVICE_TOKEN_SECRET: .*openssl rand/],
  ])('%s = %s is refused by name, with the remedy', (variable, value, line) => {
    expect(() => loadConfig(shape, { ...good, [variable]: value })).toThrow(line);
  });
});
