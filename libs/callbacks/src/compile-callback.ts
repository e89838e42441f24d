import type { CallbackVersion } from '@ringback/contracts';
import { compileUrl, type CallbackUrl } from './callback-url.js';
import { jsonShape, type JsonShape } from './json-body.js';
import { compileJsonValue, type JsonValue } from './json-value.js';
import { AS_TEXT, encodeFormValue, encodeUrlValue, headerBytes, headerText, IN_FORM_PARAM, IN_QUERY_PARAM } from './place-encoding.js';
import { MASK, type Header } from './rendered-request.js';
import { secretField } from './secret-fields.js';
import { compileTemplate, type Template } from './template.js';

/** What of a callback makes the request. */
export type CallbackRequestFields = Pick<CallbackVersion, 'url' | 'httpType' | 'basicAuth' | 'requestParams' | 'requestHeaders'>;

/** @returns a secret's text. `field` is one of `secretField`: with the callback's id, what the secret was sealed for. */
export type OpenSecret = (sealed: string, field: string) => string;

/** A callback made ready to be rendered many times. Holds secrets in clear: never to be logged. */
export type CompiledCallback = CompiledRequest | UnrenderableCallback;

export interface CompiledRequest {
  readonly renderable: true;
  /** `scheme://host:port`, the port always written. */
  readonly destination: string;
  readonly method: 'GET' | 'POST';
  readonly url: CallbackUrl;
  /** Headers without macros, ready for the wire and for people; the two are one array where nothing is masked. */
  readonly fixedHeaders: readonly Header[];
  readonly maskedFixedHeaders: readonly Header[];
  readonly headers: readonly CompiledHeader[];
  readonly params: CompiledParams;
  readonly secrets: Secrets;
}

/** A callback that no event can be rendered for, e.g. saved by a release that knew other macros. */
export interface UnrenderableCallback {
  readonly renderable: false;
  readonly path: string;
  readonly reason: string;
}

/** Every secret that requests carry, as text: to mask what comes back. Null when there is none. */
export type Secrets = {
  /** The same in every request. */
  readonly fixed: readonly string[];
  /** With macros in them. */
  readonly templates: readonly Template[];
} | null;

export interface CompiledHeader {
  readonly name: string;
  readonly value: Template;
  readonly secret: boolean;
}

export type CompiledParams =
  | { readonly kind: 'query' | 'form'; readonly params: readonly CompiledParam[] }
  | { readonly kind: 'json'; readonly shape: JsonShape; readonly values: readonly CompiledJsonParam[] };

export interface CompiledParam {
  /** `name=`, encoded. */
  readonly prefix: string;
  readonly value: Template;
  readonly secret: boolean;
}

/** In the order of the shape. */
export interface CompiledJsonParam {
  /** Names the field: `requestParams.2.value`. */
  readonly path: string;
  readonly value: JsonValue;
  readonly secret: boolean;
}

/**
 * Reads a callback once, so that each request costs only its values. Nothing is thrown for what the callback says: a callback that can not be
 * rendered says so each time.
 *
 * @param open is called once for each secret that requests carry; signing secrets are none of them
 * @throws what `open` throws, except an error whose code is `SEALED_SECRET_UNREADABLE`: that secret can not be rendered
 */
export function compileCallback(fields: CallbackRequestFields, open: OpenSecret): CompiledCallback {
  try {
    return compile(fields, open);
  } catch (error) {
    if (error instanceof Unrenderable) return { renderable: false, path: error.path, reason: `${error.path}: ${error.message}` };
    throw error;
  }
}

function compile(fields: CallbackRequestFields, open: OpenSecret): CompiledRequest {
  const compiledUrl = compileUrl(fields.url);
  if (!compiledUrl.ok) throw new Unrenderable('url', compiledUrl.faults.join('; '));
  const secrets: CollectedSecrets = { fixed: [], templates: [] };
  const wire: Header[] = [];
  const shown: Header[] = [];
  const addFixed = (name: string, text: string, maskedText: string): void => {
    wire.push([name, headerBytes(headerText(text))]);
    shown.push([name, maskedText]);
  };

  const credentials = basicCredentials(fields.basicAuth, open, secrets);
  if (credentials !== null) addFixed('Authorization', `Basic ${credentials}`, `Basic ${MASK}`);
  if (fields.httpType === 'POST_FORM') addFixed('Content-Type', 'application/x-www-form-urlencoded', 'application/x-www-form-urlencoded');
  if (fields.httpType === 'POST_JSON') addFixed('Content-Type', 'application/json', 'application/json');

  const headers: CompiledHeader[] = [];
  fields.requestHeaders.forEach(({ name, value, secret }, index) => {
    const path = `requestHeaders.${index}.value`;
    const text = secret ? opened(open, value, secretField.requestHeader(name), path) : value;
    const template = templateOf(text, AS_TEXT, path);
    if (secret) collect(template, secrets);
    if (template.macros.length > 0) {
      headers.push({ name, value: template, secret });
      return;
    }
    const literal = template.literals[0]!;
    addFixed(name, literal, secret ? MASK : headerText(literal));
  });

  const params = compileParams(fields, open, secrets);
  const sameForPeople = shown.every(([, text], index) => text === wire[index]![1]);
  return {
    renderable: true,
    destination: compiledUrl.url.destination,
    method: fields.httpType === 'GET' ? 'GET' : 'POST',
    url: compiledUrl.url,
    fixedHeaders: wire,
    maskedFixedHeaders: sameForPeople ? wire : shown,
    headers,
    params,
    secrets: secrets.fixed.length + secrets.templates.length > 0 ? secrets : null,
  };
}

/** RFC 7617: `login:password` in UTF-8 and base64, or a token as given. */
function basicCredentials(basicAuth: CallbackRequestFields['basicAuth'], open: OpenSecret, secrets: CollectedSecrets): string | null {
  if (basicAuth === null) return null;
  if ('token' in basicAuth) {
    const token = opened(open, basicAuth.token, secretField.basicAuthToken, 'basicAuth.token');
    secrets.fixed.push(token);
    return token;
  }
  const password = opened(open, basicAuth.password, secretField.basicAuthPassword, 'basicAuth.password');
  const credentials = Buffer.from(`${basicAuth.login}:${password}`, 'utf8').toString('base64');
  secrets.fixed.push(password, credentials);
  return credentials;
}

function compileParams(fields: CallbackRequestFields, open: OpenSecret, secrets: CollectedSecrets): CompiledParams {
  const texts = fields.requestParams.map(({ name, value, secret }, index) => {
    if (!secret) return value;
    const path = `requestParams.${index}.value`;
    const text = opened(open, value, secretField.requestParam(name), path);
    collect(templateOf(text, AS_TEXT, path), secrets);
    return text;
  });
  if (fields.httpType !== 'POST_JSON') {
    const inQuery = fields.httpType === 'GET';
    const place = inQuery ? IN_QUERY_PARAM : IN_FORM_PARAM;
    const params = fields.requestParams.map(({ name, secret }, index) => ({
      prefix: `${(inQuery ? encodeUrlValue : encodeFormValue)(name)}=`,
      value: templateOf(texts[index]!, place, `requestParams.${index}.value`),
      secret,
    }));
    return { kind: inQuery ? 'query' : 'form', params };
  }
  const result = jsonShape(fields.requestParams.map(({ name }) => name));
  if (!result.ok) throw new Unrenderable(`requestParams.${result.conflicts[0]!.index}.name`, result.conflicts[0]!.message);
  const values = result.shape.order.map((index): CompiledJsonParam => {
    const { type, secret } = fields.requestParams[index]!;
    const path = `requestParams.${index}.value`;
    const compiled = compileJsonValue(texts[index]!, type);
    if (!compiled.ok) throw new Unrenderable(path, compiled.faults.join('; '));
    return { path, value: compiled.value, secret };
  });
  return { kind: 'json', shape: result.shape, values };
}

interface CollectedSecrets {
  readonly fixed: string[];
  readonly templates: Template[];
}

function collect(secret: Template, secrets: CollectedSecrets): void {
  if (secret.macros.length > 0) secrets.templates.push(secret);
  else secrets.fixed.push(secret.literals[0]!);
}

function templateOf(text: string, place: Template['place'], path: string): Template {
  const compiled = compileTemplate(text, place);
  if (!compiled.ok) throw new Unrenderable(path, compiled.faults.join('; '));
  return compiled.template;
}

function opened(open: OpenSecret, sealed: string, field: string, path: string): string {
  try {
    return open(sealed, field);
  } catch (cause) {
    if ((cause as { code?: unknown }).code !== 'SEALED_SECRET_UNREADABLE') throw cause;
    throw new Unrenderable(path, 'its secret cannot be opened: enter it anew', { cause });
  }
}

/** Leaves the compilation; never this file. */
class Unrenderable extends Error {
  constructor(
    readonly path: string,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}
