import { createLogger } from '@ringback/service-runtime';
import type { DataSource } from 'typeorm';
import { ChangeLog } from '../changes/change-log.js';
import { connectDatabase, createDataSource } from '../database.js';
import { OffersRig } from '../testing/offers-rig.js';
import { SecretVault } from './secret-vault.js';

describe('the keyring', () => {
  let rig: OffersRig;
  let dataSource: DataSource;

  beforeAll(async () => {
    rig = await OffersRig.create();
    dataSource = createDataSource(rig.databaseUrl, createLogger('spec', 'fatal'));
    await connectDatabase(dataSource);
  });
  afterAll(async () => {
    await dataSource.destroy();
    await rig.drop();
  });

  const vault = (masterKeyByte: number) => {
    const publisher = { wake: () => undefined, waitUntilPublished: async () => true, isFull: () => false };
    const changes = new ChangeLog({ dataSource, publisher, topic: rig.topic, now: Date.now });
    return new SecretVault(dataSource, changes, Buffer.alloc(32, masterKeyByte));
  };

  it('is made once, by whoever asks first, and shared by all', async () => {
    const keyrings = await Promise.all([vault(1), vault(1), vault(1)].map((each) => each.keyring()));
    expect(keyrings[1]!.open(keyrings[0]!.seal('x', 'c'), 'c')).toBe('x');
    expect(keyrings[2]!.open(keyrings[1]!.seal('y', 'c'), 'c')).toBe('y');
    const { rows } = await rig.pool.query('select key from offers.outbox');
    expect(rows).toEqual([{ key: 'keyring:1' }]);
  });

  it('wrapped by another master key is refused with the remedy, and again when asked again', async () => {
    const other = vault(2);
    for (let i = 0; i < 2; i++) await expect(other.keyring()).rejects.toThrow('MASTER_KEY is not the one');
  });

  it('holds no data key in clear', async () => {
    const { rows } = await rig.pool.query<{ keys: { id: string; wrapped: string }[] }>('select keys from offers.keyring');
    expect(Buffer.from(rows[0]!.keys[0]!.wrapped, 'base64url')).toHaveLength(12 + 32 + 16);
  });
});
