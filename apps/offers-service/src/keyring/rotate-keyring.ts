import { createDataKey, SealedSecretError, unwrapDataKey, unwrapWithEither, wrapDataKey, type MasterKeys } from '@ringback/contracts';
import type { Change } from '../changes/change.js';
import type { Changed, ChangeLog } from '../changes/change-log.js';
import { KEYRING_ID, KeyringEntity } from './keyring.entity.js';
import { openOrExplain, SYSTEM } from './secret-vault.js';

type WrappedKey = KeyringEntity['keys'][number];

/** What a rotation came to; the keyring's version after it. */
export interface Rotated {
  readonly outcome: 'rotated' | 'unchanged' | 'no-keyring';
  readonly version: number;
}

/**
 * Wraps every data key with the present master key, as one new version of the keyring: no secret is touched, and whoever knows both master
 * keys goes on. Where all are wrapped by it already, nothing changes.
 * @throws {ConfigError} when a data key was wrapped by neither master key.
 */
export function rewrapDataKeys(changes: ChangeLog, masterKeys: MasterKeys): Promise<Changed<Rotated>> {
  const { current, previous } = masterKeys;
  return changeKeyring(changes, masterKeys, ({ keys }) =>
    keys.every((key) => isWrappedBy(current, key))
      ? null
      : keys.map((key) => ({ ...key, wrapped: wrapDataKey(current, unwrapWithEither(current, previous, key.id, key.wrapped)) })),
  );
}

/**
 * Adds a data key when the newest is older than that, so that no key ever seals too much: all that is sealed from then on is sealed with it.
 * What older ones sealed stays as it is, and opens.
 */
export function addDataKeyWhenDue(
  changes: ChangeLog,
  masterKeys: MasterKeys,
  o: { nowMs: number; maxAgeMs: number },
): Promise<Changed<Rotated>> {
  return changeKeyring(changes, masterKeys, ({ keys, createdAt }) => {
    const newestAt = Date.parse(keys.at(-1)!.createdAt ?? createdAt.toISOString());
    if (o.nowMs - newestAt < o.maxAgeMs) return null;
    const dataKey = createDataKey();
    return [...keys, { id: dataKey.id, wrapped: wrapDataKey(masterKeys.current, dataKey), createdAt: new Date(o.nowMs).toISOString() }];
  });
}

/** @param next the keys of the new version, or null to leave the keyring as it is. */
function changeKeyring(
  changes: ChangeLog,
  masterKeys: MasterKeys,
  next: (keyring: KeyringEntity) => WrappedKey[] | null,
): Promise<Changed<Rotated>> {
  return changes.make(SYSTEM, async (change: Change): Promise<{ result: Rotated; revision: number }> => {
    const keyring = await change.manager.findOneBy(KeyringEntity, { id: KEYRING_ID });
    if (keyring === null) return { result: { outcome: 'no-keyring', version: 0 }, revision: 0 };
    openOrExplain(masterKeys, keyring.keys);
    const keys = next(keyring);
    if (keys === null) return { result: { outcome: 'unchanged', version: keyring.version }, revision: keyring.revision };
    const stamp = change.stamp(keyring);
    await change.manager.update(KeyringEntity, { id: KEYRING_ID }, { keys, ...stamp });
    await change.record('KeyringChanged', { keys, ...change.recordStamp(stamp) });
    return { result: { outcome: 'rotated', version: stamp.version }, revision: stamp.revision };
  });
}

function isWrappedBy(masterKey: Buffer, { id, wrapped }: WrappedKey): boolean {
  try {
    unwrapDataKey(masterKey, id, wrapped);
    return true;
  } catch (error) {
    if (error instanceof SealedSecretError) return false;
    throw error;
  }
}
