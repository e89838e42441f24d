import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { certificates } from '@ringback/testbed';
import { loadConfig } from './config.js';
import { kafkaConfigShape, kafkaConnection } from './kafka-settings.js';

describe('how Kafka is reached', () => {
  const folder = mkdtempSync(join(tmpdir(), 'ringback-pem-'));
  const file = (name: string, text: string): string => {
    writeFileSync(join(folder, name), text);
    return join(folder, name);
  };
  const read = (settings: Record<string, string>) => kafkaConnection(loadConfig(kafkaConfigShape, { KAFKA_BROKERS: 'k:1', ...settings }));
  let pem: { authority: string; cert: string; key: string };
  let paths: { authority: string; cert: string; key: string; otherKey: string };
  beforeAll(async () => {
    const { authority, valid } = await certificates();
    pem = { authority, ...valid };
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    paths = {
      authority: file('ca.pem', authority),
      cert: file('cert.pem', valid.cert),
      key: file('key.pem', valid.key),
      otherKey: file('other.pem', privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()),
    };
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it('is plain when nothing is said', () => {
    expect(read({})).toEqual({ brokers: ['k:1'] });
  });

  it('is TLS when a file is given, or KAFKA_SSL is true', () => {
    expect(read({ KAFKA_SSL_CA: paths.authority })).toEqual({ brokers: ['k:1'], tls: { ca: pem.authority } });
    expect(read({ KAFKA_SSL: 'true' })).toEqual({ brokers: ['k:1'], tls: {} });
    expect(read({ KAFKA_SSL_CERT: paths.cert, KAFKA_SSL_KEY: paths.key }).tls).toEqual({ cert: pem.cert, key: pem.key });
  });

  it('is SASL when a mechanism is named', () => {
    const sasl = { KAFKA_SASL_MECHANISM: 'scram-sha-256', KAFKA_SASL_USERNAME: 'u', KAFKA_SASL_PASSWORD: 'p' };
    expect(read(sasl).sasl).toEqual({ mechanism: 'scram-sha-256', username: 'u', password: 'p' });
  });

  it.each([
    [
      'a file that is not there',
      () => ({ KAFKA_SSL_CA: '/nowhere/ca.pem' }),
      /KAFKA_SSL_CA: "\/nowhere\/ca.pem" cannot be used \(there is no such file\)/,
    ],
    ['a file that is no certificate', () => ({ KAFKA_SSL_CA: paths.key }), /KAFKA_SSL_CA: ".*key.pem" cannot be used/],
    ['a certificate without its key', () => ({ KAFKA_SSL_CERT: paths.cert }), /KAFKA_SSL_KEY is not set: give the key of KAFKA_SSL_CERT/],
    ['a key without its certificate', () => ({ KAFKA_SSL_KEY: paths.key }), /KAFKA_SSL_CERT is not set/],
    [
      "another's key",
      () => ({ KAFKA_SSL_CERT: paths.cert, KAFKA_SSL_KEY: paths.otherKey }),
      /KAFKA_SSL_KEY: is not the key of KAFKA_SSL_CERT/,
    ],
    ['a file, but no TLS', () => ({ KAFKA_SSL: 'false', KAFKA_SSL_CA: paths.authority }), /KAFKA_SSL: is false although/],
    ['a password without a mechanism', () => ({ KAFKA_SASL_PASSWORD: 'p' }), /KAFKA_SASL_MECHANISM is not set/],
    [
      'a mechanism without a password',
      () => ({ KAFKA_SASL_MECHANISM: 'scram-sha-512', KAFKA_SASL_USERNAME: 'u' }),
      /KAFKA_SASL_PASSWORD is not set/,
    ],
    [
      'an unknown mechanism',
      () => ({ KAFKA_SASL_MECHANISM: 'gssapi' }),
      /KAFKA_SASL_MECHANISM: must be plain, scram-sha-256 or scram-sha-512/,
    ],
    [
      'a password that everybody on the way could read',
      () => ({ KAFKA_SASL_MECHANISM: 'plain', KAFKA_SASL_USERNAME: 'u', KAFKA_SASL_PASSWORD: 'p' }),
      /KAFKA_SASL_MECHANISM: plain shows the password.*KAFKA_SSL/,
    ],
  ])('%s is refused by name, with the remedy', (_, settings, line) => {
    expect(() => read(settings())).toThrow(line);
  });
});
