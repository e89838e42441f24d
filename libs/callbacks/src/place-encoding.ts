/**
 * How text is written where it stands. `literal` is for what the callback's author wrote, `value` for a macro's value, `raw` for the value
 * of a macro marked `|raw`.
 */
export interface Place {
  readonly literal: (text: string) => string;
  readonly value: (text: string) => string;
  readonly raw: (text: string) => string;
}

const UNRESERVED_ONLY = /^[A-Za-z0-9._~-]*$/;
const LEFT_BY_ENCODE_URI_COMPONENT = /[!'()*]/g;

/**
 * Percent-encodes all but the unreserved characters of RFC 3986 §2.3, as UTF-8: a space is `%20`. What comes out stays as it is when an
 * URL parser reads it. A lone surrogate becomes U+FFFD.
 */
export function encodeUrlValue(text: string): string {
  if (UNRESERVED_ONLY.test(text)) return text;
  return encodeURIComponent(text.toWellFormed()).replace(LEFT_BY_ENCODE_URI_COMPONENT, percentEncodeAscii);
}

/** Percent-encodes as the URL standard's application/x-www-form-urlencoded serializer does: a space is `+`, `~` is `%7E`. */
export function encodeFormValue(text: string): string {
  if (FORM_SAFE_ONLY.test(text)) return text;
  return encodeURIComponent(text.toWellFormed()).replace(NOT_AS_IN_FORMS, (found) => (found === '%20' ? '+' : percentEncodeAscii(found)));
}
const FORM_SAFE_ONLY = /^[A-Za-z0-9._*-]*$/;
const NOT_AS_IN_FORMS = /%20|[!'()~]/g;

/**
 * What is URL text already stays, byte for byte, `%` included. Only what can not stand in a request line is percent-encoded: white space,
 * control characters and all beyond ASCII.
 */
export function encodeUrlText(text: string): string {
  return URL_TEXT_ONLY.test(text) ? text : text.toWellFormed().replace(NOT_URL_TEXT, (found) => encodeURIComponent(found));
}
const URL_TEXT_ONLY = /^[\u0021-\u007e]*$/;
const NOT_URL_TEXT = /[^\u0021-\u007e]+/g;

/** A value that is URL text already. It can not begin a fragment, since nothing after one is sent. */
function rawInUrl(text: string): string {
  return encodeUrlText(text).replaceAll('#', '%23');
}

function percentEncodeAscii(character: string): string {
  return `%${character.charCodeAt(0).toString(16).toUpperCase()}`;
}

const asIs = (text: string): string => text;

export const IN_URL: Place = { literal: encodeUrlText, value: encodeUrlValue, raw: rawInUrl };
export const IN_QUERY_PARAM: Place = { literal: encodeUrlValue, value: encodeUrlValue, raw: rawInUrl };
export const IN_FORM_PARAM: Place = { literal: encodeFormValue, value: encodeFormValue, raw: asIs };
/** Text that is encoded as a whole once it is complete: a header's value, a JSON string. */
export const AS_TEXT: Place = { literal: asIs, value: asIs, raw: asIs };

/** @returns a header's value: every control character (Unicode Cc: CR, LF, NUL…) is a space, so that it can never end the header. */
export function headerText(text: string): string {
  return text.replace(CONTROL, ' ');
}
const CONTROL = /\p{Cc}/gu;

/** @returns whether the text holds a control character: what may not be written literally in a URL, a header, or Basic Auth. */
export function hasControlCharacter(text: string): boolean {
  return ANY_CONTROL.test(text);
}
const ANY_CONTROL = /\p{Cc}/u;

/** @returns the value as it goes over the wire: one character for each byte of its UTF-8, which is what HTTP clients write. */
export function headerBytes(text: string): string {
  return ASCII_ONLY.test(text) ? text : Buffer.from(text, 'utf8').toString('latin1');
}
const ASCII_ONLY = /^[\u0020-\u007e]*$/;
