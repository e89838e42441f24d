import { Injectable } from '@nestjs/common';
import { createDataKey, openKeyring, wrapDataKey, type Keyring, type MasterKeys } from '@ringback/contracts';
import { ConfigError } from '@ringback/service-runtime';
import type { DataSource } from 'typeorm';
import type { ChangeLog } from '../changes/change-log.js';
import { KEYRING_ID, KeyringEntity } from './keyring.entity.js';

/** Who makes and changes the keyring, as its versions say. */
export const SYSTEM = 'system';

/** Holds the keyring, unwrapped, in memory, as long as it is the newest. The first process ever to ask makes it, with one data key. */
@Injectable()
export class SecretVault {
  #opened: { readonly version: number; readonly keyring: Keyring } | undefined;
  #loading: Promise<Keyring> | undefined;

  constructor(
    private readonly dataSource: DataSource,
    private readonly changes: ChangeLog,
    private readonly masterKeys: MasterKeys,
  ) {}

  /**
   * What another process added to the keyring a moment ago is in it: secrets sealed with that may be in what is opened next.
   * @returns what seals and opens secrets.
   * @throws {ConfigError} when the keyring was wrapped by another master key. What the database throws while it is away.
   */
  keyring(): Promise<Keyring> {
    this.#loading ??= this.#load().finally(() => (this.#loading = undefined));
    return this.#loading;
  }

  async #load(): Promise<Keyring> {
    const stored = (await this.dataSource.manager.findOneBy(KeyringEntity, { id: KEYRING_ID })) ?? (await this.#create());
    if (this.#opened?.version !== stored.version)
      this.#opened = { version: stored.version, keyring: openOrExplain(this.masterKeys, stored.keys) };
    return this.#opened.keyring;
  }

  async #create(): Promise<KeyringEntity> {
    const { result } = await this.changes.make(SYSTEM, async (change) => {
      const made = await change.manager.findOneBy(KeyringEntity, { id: KEYRING_ID });
      if (made !== null) return { result: made, revision: made.revision }; // by another instance, a moment ago
      const dataKey = createDataKey();
      const stamp = change.stamp();
      const keyring = change.manager.create(KeyringEntity, {
        id: KEYRING_ID,
        keys: [{ id: dataKey.id, wrapped: wrapDataKey(this.masterKeys.current, dataKey), createdAt: stamp.createdAt.toISOString() }],
        ...stamp,
      });
      await change.manager.insert(KeyringEntity, keyring);
      await change.record('KeyringChanged', { keys: keyring.keys, ...change.recordStamp(keyring) });
      return { result: keyring, revision: keyring.revision };
    });
    return result;
  }
}

/** @throws {ConfigError} when neither master key wrapped the data keys. */
export function openOrExplain(masterKeys: MasterKeys, keys: KeyringEntity['keys']): Keyring {
  try {
    return openKeyring(masterKeys, keys);
  } catch (cause) {
    throw new ConfigError('MASTER_KEY is not the one that the stored keyring was wrapped by: give that one', { cause });
  }
}
