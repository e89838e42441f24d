import { SealedSecretError, secretContext, type Callback, type CallbackVersion, type Keyring } from '@ringback/contracts';
import type { OpenVersion } from './callback-changes.js';
import { mapSecrets } from './callback-secrets.js';
import { callbackView } from './callback-view.js';

/** The names of what is secret about a callback now. */
export interface SecretNames {
  readonly requestParams: ReadonlySet<string>;
  readonly requestHeaders: ReadonlySet<string>;
}

export function secretNames(callback: Pick<CallbackVersion, 'requestParams' | 'requestHeaders'>): SecretNames {
  const names = (items: readonly { name: string; secret: boolean }[]) =>
    new Set(items.filter(({ secret }) => secret).map(({ name }) => name));
  return { requestParams: names(callback.requestParams), requestHeaders: names(callback.requestHeaders) };
}

/**
 * @param now whoever makes a value secret wants it read no more: what is secret now is not shown of earlier versions either
 * @returns the callback as it was in a version
 */
export function historicView(version: CallbackVersion, now: SecretNames): Callback {
  const view = callbackView(version);
  const hide =
    (names: ReadonlySet<string>) =>
    <Item extends { name: string; value?: string | undefined; set?: boolean | undefined }>(item: Item): Item => {
      if (!names.has(item.name)) return item;
      const { value: _value, ...rest } = item;
      return { ...rest, set: true } as Item;
    };
  return {
    ...view,
    requestParams: view.requestParams.map(hide(now.requestParams)),
    requestHeaders: view.requestHeaders.map(hide(now.requestHeaders)),
  };
}

/** @returns the version with its secrets open, to be compared, never to be shown. One that no key opens stays sealed: it is compared so. */
export function openVersion(keyring: Keyring, version: CallbackVersion): OpenVersion {
  const open = (sealed: string, field: string): string => {
    try {
      return keyring.open(sealed, secretContext(version.id, field));
    } catch (error) {
      if (error instanceof SealedSecretError) return sealed;
      throw error;
    }
  };
  return { ...mapSecrets(version, open), deletedAt: version.deletedAt };
}
