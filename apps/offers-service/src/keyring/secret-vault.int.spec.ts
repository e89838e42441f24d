import { createLogger } from '@ringback/service-runtime';
import type { DataSource } from 'typeorm';
import { ChangeLog } from '../changes/change-log.js';
import { connectDatabase, createDataSource } from '../database.js';
import { OffersRig } from '../testing/offers-rig.js';
import { addDataKeyWhenDue, rewrapDataKeys } from './rotate-keyring.js';
import { SecretVault } from './secret-vault.js';

const DAY_MS = 24 * 60 * 60 * 1000;

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

  const changes = () => {
    const publisher = { wake: () => undefined, waitUntilPublished: async () => true, isFull: () => false };
    return new ChangeLog({ dataSource, publisher, topic: rig.topic, now: Date.now });
  };
  const masterKeys = (current: number, previous?: number) => ({
    current: Buffer.alloc(32, current),
    previous: previous === undefined ? undefined : Buffer.alloc(32, previous),
  });
  const vault = (...keys: Parameters<typeof masterKeys>) => new SecretVault(dataSource, changes(), masterKeys(...keys));

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

  describe('while the master key is replaced', () => {
    const opens = async (instance: SecretVault, sealed: string) => (await instance.keyring()).open(sealed, 'place');

    it('is read by whoever knows both, is wrapped anew once, and then needs the new one alone', async () => {
      const [old, both] = [vault(1), vault(2, 1)];
      const sealed = (await old.keyring()).seal('secret', 'place');
      expect(await opens(both, sealed)).toBe('secret');
      await expect(vault(2).keyring()).rejects.toThrow('MASTER_KEY is not the one');

      expect((await rewrapDataKeys(changes(), masterKeys(2, 1))).result).toEqual({ outcome: 'rotated', version: 2 });
      expect((await rewrapDataKeys(changes(), masterKeys(2, 1))).result).toEqual({ outcome: 'unchanged', version: 2 });
      expect(await opens(both, sealed)).toBe('secret');
      expect(await opens(vault(2), sealed)).toBe('secret');
      await expect(vault(1).keyring()).rejects.toThrow('MASTER_KEY is not the one');
      const { rows } = await rig.pool.query('select key from offers.outbox order by id');
      expect(rows).toEqual([{ key: 'keyring:1' }, { key: 'keyring:2' }]);
    });

    it('is not wrapped by a key that cannot open it, and nothing changes', async () => {
      await expect(rewrapDataKeys(changes(), masterKeys(3, 4))).rejects.toThrow('MASTER_KEY is not the one');
      expect((await rewrapDataKeys(changes(), masterKeys(2))).result).toEqual({ outcome: 'unchanged', version: 2 });
    });
  });

  it('gets a new data key when the newest is too old: all instances seal with it, and what older ones sealed opens', async () => {
    const due = { nowMs: Date.now() + 90 * DAY_MS, maxAgeMs: 90 * DAY_MS };
    const [one, other] = [vault(2), vault(2)];
    const before = (await one.keyring()).seal('secret', 'place');
    await other.keyring();
    expect((await addDataKeyWhenDue(changes(), masterKeys(2), { ...due, nowMs: Date.now() + 89 * DAY_MS })).result.outcome).toBe(
      'unchanged',
    );
    const made = await Promise.all([1, 2, 3].map(() => addDataKeyWhenDue(changes(), masterKeys(2), due)));
    expect(made.map(({ result }) => result.outcome).sort()).toEqual(['rotated', 'unchanged', 'unchanged']);
    const after = (await one.keyring()).seal('secret', 'place');
    expect(after.split('.')[1]).not.toBe(before.split('.')[1]);
    expect((await other.keyring()).open(after, 'place')).toBe('secret');
    expect((await vault(2).keyring()).open(before, 'place')).toBe('secret');
  });
});
