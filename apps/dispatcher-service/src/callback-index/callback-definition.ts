import type { CallbackVersion } from '@ringback/contracts';

/** What of a callback's latest version makes the request and its retries. */
export type CallbackDefinition = Pick<
  CallbackVersion,
  'url' | 'httpType' | 'basicAuth' | 'requestParams' | 'requestHeaders' | 'retry' | 'timeoutMs' | 'signingSecrets'
>;

/** Beyond so many different shapes each callback keeps its own. */
const MAX_SHAPES = 20_000;
/** In no URL, and in nothing sealed. */
const SEPARATOR = '\u0000';

const shapes = new Map<string, string>();

/**
 * A definition as it is kept: most callbacks are idle, so it is text. A network's callbacks are made from a few patterns: the same params
 * and headers a thousand times, each with its own URL and its own secrets. So the pattern is kept once, and of each callback what is its own.
 */
export interface PackedDefinition {
  /** JSON, with nothing where the URL and the secrets were. Shared. */
  readonly shape: string;
  /** The URL, then the sealed secrets in the order of the fields. */
  readonly own: string;
}

export function packDefinition(definition: CallbackDefinition): PackedDefinition {
  const own = [definition.url];
  const shape = JSON.stringify(mapOwn(definition, (value) => (own.push(value), ''), ''));
  return { shape: shared(shape), own: own.join(SEPARATOR) };
}

export function unpackDefinition({ shape, own }: PackedDefinition): CallbackDefinition {
  const [url, ...secrets] = own.split(SEPARATOR);
  let next = 0;
  return mapOwn(JSON.parse(shape) as CallbackDefinition, () => secrets[next++]!, url!);
}

/** @returns the definition with another URL and other secrets, the fields in the order in which they come. */
function mapOwn(definition: CallbackDefinition, map: (secret: string) => string, url: string): CallbackDefinition {
  const { httpType, basicAuth, requestParams, requestHeaders, retry, timeoutMs, signingSecrets } = definition;
  const field = <Field extends { value: string; secret: boolean }>(given: Field): Field =>
    given.secret ? { ...given, value: map(given.value) } : given;
  return {
    url,
    httpType,
    basicAuth:
      basicAuth === null
        ? null
        : 'token' in basicAuth
          ? { token: map(basicAuth.token) }
          : { login: basicAuth.login, password: map(basicAuth.password) },
    requestParams: requestParams.map(field),
    requestHeaders: requestHeaders.map(field),
    retry,
    timeoutMs,
    signingSecrets: signingSecrets.map(map),
  };
}

function shared(shape: string): string {
  const known = shapes.get(shape);
  if (known !== undefined) return known;
  if (shapes.size < MAX_SHAPES) shapes.set(shape, shape);
  return shape;
}
