import type { CallbackChange, CallbackVersion } from '@ringback/contracts';
import { isDeepStrictEqual } from 'node:util';
import type { CallbackContent } from './callback-content.js';
import type { SecretNames } from './callback-history.js';

/** A callback as one of its versions has it, its secrets open. */
export type OpenVersion = CallbackContent & Pick<CallbackVersion, 'deletedAt'>;

/** A value, by itself; of a secret one nothing is told but that it is set. */
interface Field {
  readonly value: unknown;
  readonly isSecret: boolean;
}

const PLAIN = ['name', 'affiliateId', 'goalId', 'conversionStatus', 'url', 'httpType'] as const;
const PLAIN_AFTER = ['enabled', 'disabledReason', 'retry', 'timeoutMs', 'maxPerSecond', 'ordering', 'deletedAt'] as const;

/**
 * What is different between two versions of a callback. Params and headers are told by their names (`requestParams.click.value`; the n-th of a
 * name as `click#2`), so that adding one changes no other. A secret that differs is `{ set: true }` on both sides.
 * @param now what is secret by now: never shown, though it was readable then
 */
export function callbackChanges(before: OpenVersion, after: OpenVersion, now: SecretNames): CallbackChange[] {
  const [old, next] = [fieldsOf(before, now), fieldsOf(after, now)];
  return [...new Set([...old.keys(), ...next.keys()])].flatMap((path) => {
    const [was, is] = [old.get(path), next.get(path)];
    if (was !== undefined && is !== undefined && isDeepStrictEqual(was.value, is.value)) return [];
    return [{ path, before: shown(was), after: shown(is) }];
  });
}

function shown(field: Field | undefined): unknown {
  if (field === undefined) return null;
  return field.isSecret ? { set: true } : field.value;
}

function fieldsOf(version: OpenVersion, now: SecretNames): Map<string, Field> {
  const fields = new Map<string, Field>();
  const plain = (path: string, value: unknown) => fields.set(path, { value, isSecret: false });
  const secret = (path: string, value: string) => fields.set(path, { value, isSecret: true });
  for (const field of PLAIN) plain(field, version[field]);
  const { basicAuth } = version;
  if (basicAuth !== null && 'token' in basicAuth) secret('basicAuth.token', basicAuth.token);
  if (basicAuth !== null && 'login' in basicAuth) {
    plain('basicAuth.login', basicAuth.login);
    secret('basicAuth.password', basicAuth.password);
  }
  for (const list of ['requestParams', 'requestHeaders'] as const) {
    const items = version[list];
    const names = numbered(items.map(({ name }) => name));
    items.forEach((item, index) => {
      const path = `${list}.${names[index]}`;
      fields.set(`${path}.value`, { value: item.value, isSecret: item.secret || now[list].has(item.name) });
      if ('type' in item) plain(`${path}.type`, item.type);
      plain(`${path}.secret`, item.secret);
    });
    plain(`${list}.order`, names);
  }
  version.signingSecrets.forEach((value, index) => secret(`signingSecrets.${index}`, value));
  for (const field of PLAIN_AFTER) plain(field, version[field]);
  return fields;
}

function numbered(names: readonly string[]): string[] {
  const seen = new Map<string, number>();
  return names.map((name) => {
    const nth = (seen.get(name) ?? 0) + 1;
    seen.set(name, nth);
    return nth === 1 ? name : `${name}#${nth}`;
  });
}
