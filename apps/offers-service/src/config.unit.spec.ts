import { readConfig } from './config.js';

const env = {
  NODE_ENV: 'production',
  DATABASE_URL: 'postgres://localhost/ringback',
  KAFKA_BROKERS: 'localhost:9092',
  SERVICE_TOKEN_SECRET: 'x'.repeat(32),
  MASTER_KEY: Buffer.alloc(32, 1).toString('base64'),
};

describe('the master key', () => {
  it('has a previous one beside it while it is being replaced, and none else', () => {
    expect(readConfig(env)).toMatchObject({ MASTER_KEY: Buffer.alloc(32, 1) });
    expect(readConfig(env).MASTER_KEY_PREVIOUS).toBeUndefined();
    const both = readConfig({ ...env, MASTER_KEY_PREVIOUS: Buffer.alloc(32, 2).toString('base64') });
    expect(both.MASTER_KEY_PREVIOUS).toEqual(Buffer.alloc(32, 2));
  });

  it.each([
    ['MASTER_KEY', undefined, 'MASTER_KEY is not set'],
    ['MASTER_KEY', '', 'MASTER_KEY is not set'],
    ['MASTER_KEY', 'c2hvcnQ=', 'MASTER_KEY: must be 32 bytes in base64: make one with `openssl rand -base64 32`'],
    ['MASTER_KEY_PREVIOUS', 'c2hvcnQ=', 'MASTER_KEY_PREVIOUS: must be 32 bytes in base64'],
  ])('keeps the service from starting in production with %s=%s', (name, value, message) => {
    expect(() => readConfig({ ...env, [name]: value })).toThrow(message);
  });
});
