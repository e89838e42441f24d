import type { Secrets } from './compile-callback.js';
import { encodeFormValue, encodeUrlValue } from './place-encoding.js';
import type { RenderContext } from './render-context.js';
import { MASK } from './rendered-request.js';
import { renderTemplate } from './template.js';

const SHORTEST_MASKED = 4;
const LONGEST_MASKED = 65_536;

const maskNothing = (text: string): string => text;

/**
 * @returns a function that masks the secrets of one request in any text: as they are, percent-encoded (either case, either set of
 * characters), as in a form, as in JSON, as in JSON that quotes JSON (an echo of the body), in base64. Costs nothing until it is called.
 */
export function secretMask(secrets: Secrets, context: RenderContext): (text: string) => string {
  if (secrets === null) return maskNothing;
  return (text) => {
    const sent = [...secrets.fixed, ...secrets.templates.map((template) => renderTemplate(template, context, LONGEST_MASKED))];
    const forms = new Set(sent.filter(({ length }) => length >= SHORTEST_MASKED).flatMap(echoedForms));
    // The longest first: one secret may begin with another.
    return [...forms].sort((a, b) => b.length - a.length).reduce((masked, form) => masked.replaceAll(form, MASK), text);
  };
}

function inJson(text: string): string {
  return JSON.stringify(text).slice(1, -1);
}

function echoedForms(secret: string): string[] {
  const encoded = [encodeUrlValue, encodeFormValue, encodeURIComponent, encodeURI].map((encode) => encode(secret.toWellFormed()));
  return [
    secret,
    ...encoded,
    ...encoded.map((form) => form.replace(/%[0-9A-F]{2}/g, (escape) => escape.toLowerCase())),
    inJson(secret),
    inJson(inJson(secret)),
    Buffer.from(secret, 'utf8').toString('base64'),
  ];
}
