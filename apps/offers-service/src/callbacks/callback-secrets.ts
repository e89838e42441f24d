import { secretField } from '@ringback/callbacks';
import { secretContext, type Keyring } from '@ringback/contracts';
import type { CallbackContent } from './callback-content.js';

/** @returns the content with each secret replaced. `field` names its place: part of what it is sealed with. */
export function mapSecrets(content: CallbackContent, map: (value: string, field: string) => string): CallbackContent {
  const { basicAuth } = content;
  const named =
    (field: (name: string) => string) =>
    <Item extends { name: string; value: string; secret: boolean }>(item: Item): Item =>
      item.secret ? { ...item, value: map(item.value, field(item.name)) } : item;
  return {
    ...content,
    basicAuth:
      basicAuth === null
        ? null
        : 'token' in basicAuth
          ? { token: map(basicAuth.token, secretField.basicAuthToken) }
          : { login: basicAuth.login, password: map(basicAuth.password, secretField.basicAuthPassword) },
    requestParams: content.requestParams.map(named(secretField.requestParam)),
    requestHeaders: content.requestHeaders.map(named(secretField.requestHeader)),
    signingSecrets: content.signingSecrets.map((secret, index) => map(secret, secretField.signingSecret(index))),
  };
}

/** @throws {SealedSecretError} when a data key is missing. */
export function openContent(keyring: Keyring, callbackId: number, sealed: CallbackContent): CallbackContent {
  return mapSecrets(sealed, (value, field) => keyring.open(value, secretContext(callbackId, field)));
}

/**
 * Seals the secrets of open content. A secret that is the same as before, in the same place, keeps its sealed form (sealing again would give
 * other bytes), so that an edit that changes nothing is seen to change nothing.
 */
export function sealContent(keyring: Keyring, callbackId: number, open: CallbackContent, before?: CallbackContent): CallbackContent {
  const kept = new Map<string, string>();
  if (before !== undefined)
    mapSecrets(before, (sealed, field) => {
      kept.set(JSON.stringify([field, keyring.open(sealed, secretContext(callbackId, field))]), sealed);
      return sealed;
    });
  return mapSecrets(
    open,
    (value, field) => kept.get(JSON.stringify([field, value])) ?? keyring.seal(value, secretContext(callbackId, field)),
  );
}
