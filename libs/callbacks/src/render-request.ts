import type { FieldError } from '@ringback/contracts';
import type { CompiledCallback, CompiledHeader, CompiledHeaders, CompiledJsonParam, CompiledParam } from './compile-callback.js';
import type { JsonShape } from './json-body.js';
import { renderJsonValue } from './json-value.js';
import { headerBytes, headerText } from './place-encoding.js';
import type { RenderContext } from './render-context.js';
import { MASK, type Header, type Rendered } from './rendered-request.js';
import { secretMask } from './secret-mask.js';
import { renderTemplate } from './template.js';

/** A longer URL, or longer headers in all, are not sent: values could make them grow without end, and receivers take 8 to 64 KiB. */
export const MAX_URL_CHARACTERS = 65_536;
export const MAX_HEADER_CHARACTERS = 65_536;
/** A longer body is not sent. */
export const MAX_BODY_CHARACTERS = 1_048_576;

const NO_WARNINGS: readonly FieldError[] = [];

/** Text as it is sent and as people see it. One string twice where nothing is secret. */
interface Text {
  readonly sent: string;
  readonly shown: string;
}

/**
 * Renders the request of one attempt. Never throws, whatever the values: what can not be rendered says why.
 *
 * @returns the bytes to be sent, rendered once, beside the same with secrets masked
 */
export function renderRequest(callback: CompiledCallback, context: RenderContext): Rendered {
  if (!callback.renderable) return { ok: false, path: callback.path, reason: callback.reason };
  let warnings = NO_WARNINGS;
  const path = renderTemplate(callback.url.target, context, MAX_URL_CHARACTERS);
  let target: Text = { sent: path, shown: path };
  let body: Text | null = null;
  switch (callback.params.kind) {
    case 'query':
      target = withQuery(path, renderParams(callback.params.params, context, MAX_URL_CHARACTERS));
      break;
    case 'form':
      body = renderParams(callback.params.params, context, MAX_BODY_CHARACTERS);
      break;
    case 'json': {
      const json = renderJsonBody(callback.params.shape, callback.params.values, context);
      if (!json.ok) return json;
      body = json.text;
      warnings = json.warnings;
      break;
    }
  }
  if (target.sent.length > MAX_URL_CHARACTERS) return tooLong('url', 'the URL', MAX_URL_CHARACTERS);
  if (body !== null && body.sent.length > MAX_BODY_CHARACTERS) return tooLong('requestParams', 'the body', MAX_BODY_CHARACTERS);
  const headers = renderHeaders(callback.headers, context);
  if (headers === null) return tooLong('requestHeaders', 'the headers', MAX_HEADER_CHARACTERS);

  const { origin } = callback.url;
  const url = origin + target.sent;
  return {
    ok: true,
    request: {
      method: callback.method,
      url,
      target: target.sent,
      destination: callback.destination,
      headers: headers.sent,
      body: body?.sent ?? null,
    },
    masked: { url: target.shown === target.sent ? url : origin + target.shown, headers: headers.shown, body: body?.shown ?? null },
    warnings,
    mask: secretMask(callback.secrets, context),
  };
}

/** Appends to the query that the URL has, or begins one. */
function withQuery(path: string, query: Text): Text {
  if (query.sent === '') return { sent: path, shown: path };
  const join = !path.includes('?') ? '?' : path.endsWith('?') || path.endsWith('&') ? '' : '&';
  const sent = path + join + query.sent;
  return { sent, shown: query.shown === query.sent ? sent : path + join + query.shown };
}

function renderParams(params: readonly CompiledParam[], context: RenderContext, maxCharacters: number): Text {
  let sent = '';
  let shown = '';
  let masking = false;
  for (const param of params) {
    const join = sent === '' ? param.prefix : `&${param.prefix}`;
    const value = renderTemplate(param.value, context, maxCharacters);
    if (param.secret && !masking) {
      masking = true;
      shown = sent;
    }
    if (masking) shown += join + (param.secret ? MASK : value);
    sent += join + value;
    if (sent.length > maxCharacters) break;
  }
  return { sent, shown: masking ? shown : sent };
}

function renderJsonBody(
  { pieces }: JsonShape,
  values: readonly CompiledJsonParam[],
  context: RenderContext,
): { ok: true; text: Text; warnings: readonly FieldError[] } | Extract<Rendered, { ok: false }> {
  const warnings: FieldError[] = [];
  let sent = pieces[0]!;
  let shown = sent;
  for (let index = 0; index < values.length; index++) {
    const { path, value, secret } = values[index]!;
    const json = renderJsonValue(value, context, MAX_BODY_CHARACTERS);
    if (!json.ok) return { ok: false, path, reason: `${path}: ${json.reason}` };
    if (json.warning !== null) warnings.push({ path, message: json.warning });
    const piece = pieces[index + 1]!;
    sent += json.text + piece;
    shown += (secret ? `"${MASK}"` : json.text) + piece;
    if (sent.length > MAX_BODY_CHARACTERS) break;
  }
  return { ok: true, text: { sent, shown }, warnings };
}

/** @returns null when they are too long. */
function renderHeaders(compiled: CompiledHeaders, context: RenderContext): { sent: readonly Header[]; shown: readonly Header[] } | null {
  if (compiled.kind === 'fixed') return compiled;
  const sent: Header[] = [];
  const shown: Header[] = [];
  let characters = 0;
  for (const header of compiled.headers) {
    const line = header.kind === 'fixed' ? header : renderHeader(header, context);
    sent.push(line.sent);
    shown.push(line.shown);
    characters += line.sent[1].length;
    if (characters > MAX_HEADER_CHARACTERS) return null;
  }
  return { sent, shown };
}

function renderHeader(
  { name, value, secret }: Extract<CompiledHeader, { kind: 'rendered' }>,
  context: RenderContext,
): { sent: Header; shown: Header } {
  const text = headerText(renderTemplate(value, context, MAX_HEADER_CHARACTERS));
  const bytes = headerBytes(text);
  const sent: Header = [name, bytes];
  return { sent, shown: !secret && bytes === text ? sent : [name, secret ? MASK : text] };
}

function tooLong(path: string, what: string, maxCharacters: number): Rendered {
  return { ok: false, path, reason: `${path}: ${what} would be longer than ${maxCharacters} characters: shorten the values` };
}
