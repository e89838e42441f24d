import type { CallbackVersion } from '@ringback/contracts';
import { compileUrl, type CallbackUrl } from './callback-url.js';
import { jsonShape, type JsonShape } from './json-body.js';
import { compileJsonValue, type JsonValue } from './json-value.js';
import {
  AS_TEXT,
  encodeFormValue,
  encodeUrlValue,
  headerBytes,
  headerText,
  IN_FORM_PARAM,
  IN_QUERY_PARAM,
  type Place,
} from './place-encoding.js';
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
  readonly headers: CompiledHeaders;
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

/** In the order in which they are sent; one pair of arrays for all requests where no header has a macro. */
export type CompiledHeaders =
  | { readonly kind: 'fixed'; readonly sent: readonly Header[]; readonly shown: readonly Header[] }
  | { readonly kind: 'rendered'; readonly headers: readonly CompiledHeader[] };

/** A header as it is sent and as people see it, or one that has macros. */
export type CompiledHeader =
  | { readonly kind: 'fixed'; readonly sent: Header; readonly shown: Header }
  | { readonly kind: 'rendered'; readonly name: string; readonly value: Template; readonly secret: boolean };

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
  if (!compiledUrl.ok) throw unrenderable('url', compiledUrl.faults, false);
  const secrets: CollectedSecrets = { fixed: [], templates: [] };
  const headers = compileHeaders(fields, open, secrets);
  const params = compileParams(fields, open, secrets);
  return {
    renderable: true,
    destination: compiledUrl.url.destination,
    method: fields.httpType === 'GET' ? 'GET' : 'POST',
    url: compiledUrl.url,
    headers,
    params,
    secrets: secrets.fixed.length + secrets.templates.length > 0 ? secrets : null,
  };
}

const CONTENT_TYPES = { GET: null, POST_FORM: 'application/x-www-form-urlencoded', POST_JSON: 'application/json' } as const;

function compileHeaders(fields: CallbackRequestFields, open: OpenSecret, secrets: CollectedSecrets): CompiledHeaders {
  const headers: CompiledHeader[] = [];
  const credentials = basicCredentials(fields.basicAuth, open, secrets);
  if (credentials !== null) headers.push(fixedHeader('Authorization', `Basic ${credentials}`, `Basic ${MASK}`));
  const contentType = CONTENT_TYPES[fields.httpType];
  if (contentType !== null) headers.push(fixedHeader('Content-Type', contentType, contentType));
  fields.requestHeaders.forEach(({ name, value, secret }, index) => {
    const path = `requestHeaders.${index}.value`;
    const text = secret ? opened(open, value, secretField.requestHeader(name), path) : value;
    const template = templateOf(text, AS_TEXT, path, secret);
    if (secret) collect(template, secrets);
    if (template.macros.length > 0) headers.push({ kind: 'rendered', name, value: template, secret });
    else headers.push(fixedHeader(name, template.literals[0]!, secret ? MASK : headerText(template.literals[0]!)));
  });
  const fixed = headers.filter((header) => header.kind === 'fixed');
  if (fixed.length < headers.length) return { kind: 'rendered', headers };
  const sent = fixed.map((header) => header.sent);
  return { kind: 'fixed', sent, shown: fixed.every((header) => header.shown === header.sent) ? sent : fixed.map((header) => header.shown) };
}

function fixedHeader(name: string, text: string, shownText: string): CompiledHeader {
  const sent: Header = [name, headerBytes(headerText(text))];
  return { kind: 'fixed', sent, shown: shownText === sent[1] ? sent : [name, shownText] };
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
    collect(templateOf(text, AS_TEXT, path, secret), secrets);
    return text;
  });
  if (fields.httpType !== 'POST_JSON') {
    const inQuery = fields.httpType === 'GET';
    const place = inQuery ? IN_QUERY_PARAM : IN_FORM_PARAM;
    const params = fields.requestParams.map(({ name, secret }, index) => ({
      prefix: `${(inQuery ? encodeUrlValue : encodeFormValue)(name)}=`,
      value: templateOf(texts[index]!, place, `requestParams.${index}.value`, secret),
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
    if (!compiled.ok) throw unrenderable(path, compiled.faults, secret);
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

function templateOf(text: string, place: Place, path: string, secret: boolean): Template {
  const compiled = compileTemplate(text, place);
  if (!compiled.ok) throw unrenderable(path, compiled.faults, secret);
  return compiled.template;
}

/** The reason is logged: of a secret it quotes nothing. */
function unrenderable(path: string, faults: readonly string[], secret: boolean): Unrenderable {
  return new Unrenderable(path, secret ? 'its secret cannot be rendered: enter it anew' : faults.join('; '));
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
