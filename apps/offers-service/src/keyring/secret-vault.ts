import { Injectable } from '@nestjs/common';
import { createDataKey, Keyring, unwrapDataKey, wrapDataKey } from '@ringback/contracts';
import { ConfigError } from '@ringback/service-runtime';
import type { DataSource } from 'typeorm';
import type { ChangeLog } from '../changes/change-log.js';
import { KEYRING_ID, KeyringEntity } from './keyring.entity.js';

/** Who makes the keyring, as its versions say. */
const SYSTEM = 'system';

/** Holds the keyring, unwrapped, in memory. The first process ever to ask makes it, with one data key. */
@Injectable()
export class SecretVault {
  #keyring: Promise<Keyring> | undefined;

  constructor(
    private readonly dataSource: DataSource,
    private readonly changes: ChangeLog,
    private readonly masterKey: Buffer,
  ) {}

  /**
   * @returns what seals and opens secrets.
   * @throws {ConfigError} when the keyring was wrapped by another master key. What the database throws while it is away.
   */
  keyring(): Promise<Keyring> {
    this.#keyring ??= this.#load().catch((error: unknown) => {
      this.#keyring = undefined; // the next call asks again
      throw error;
    });
    return this.#keyring;
  }

  async #load(): Promise<Keyring> {
    const stored = (await this.dataSource.manager.findOneBy(KeyringEntity, { id: KEYRING_ID })) ?? (await this.#create());
    try {
      return new Keyring(stored.keys.map(({ id, wrapped }) => unwrapDataKey(this.masterKey, id, wrapped)));
    } catch (cause) {
      throw new ConfigError('MASTER_KEY is not the one that the stored keyring was wrapped by: give that one', { cause });
    }
  }

  async #create(): Promise<KeyringEntity> {
    const { result } = await this.changes.make(SYSTEM, async (change) => {
      const made = await change.manager.findOneBy(KeyringEntity, { id: KEYRING_ID });
      if (made !== null) return { result: made, revision: made.revision }; // by another instance, a moment ago
      const dataKey = createDataKey();
      const keyring = change.manager.create(KeyringEntity, {
        id: KEYRING_ID,
        keys: [{ id: dataKey.id, wrapped: wrapDataKey(this.masterKey, dataKey) }],
        ...change.stamp(),
      });
      await change.manager.insert(KeyringEntity, keyring);
      await change.record('KeyringChanged', { keys: keyring.keys, ...change.recordStamp(keyring) });
      return { result: keyring, revision: keyring.revision };
    });
    return result;
  }
}
