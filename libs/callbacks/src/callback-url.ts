import { findMacro } from './macro-catalogue.js';
import { hasControlCharacter, IN_URL } from './place-encoding.js';
import { compileTemplate, type Template } from './template.js';

/** A callback's URL made ready: a fixed destination, and path and query to be rendered. */
export interface CallbackUrl {
  /** `scheme://host:port`, the port always written. */
  readonly destination: string;
  /** As in the URL: without the scheme's own port. */
  readonly origin: string;
  /** Path and query; begins with `/`, holds no fragment. */
  readonly target: Template;
}

export type CompiledUrl = { readonly ok: true; readonly url: CallbackUrl } | { readonly ok: false; readonly faults: readonly string[] };

const SCHEME = /^(https?):\/\//i;
const AUTHORITY_END = /[/?#\\]/;
/** A brace that a browser's address bar has percent-encoded. */
const ENCODED_MACRO = /%7B([a-z_][a-z0-9_.]*)(?:%7D|\||%7C)/i;

/**
 * Reads a URL with macros. The text that the author wrote stays byte for byte, but for a fragment, which is never sent, and characters
 * that can not stand in a request line. Scheme, host and port are fixed, so that the destination is known before any macro is.
 */
export function compileUrl(text: string): CompiledUrl {
  if (hasControlCharacter(text)) return refused('must not contain control characters: remove the tab or line break');
  const scheme = SCHEME.exec(text);
  if (scheme === null) return refused('must begin with http:// or https://, written out and not as a macro');
  const rest = text.slice(scheme[0].length);
  const authorityLength = rest.search(AUTHORITY_END);
  const authority = authorityLength === -1 ? rest : rest.slice(0, authorityLength);
  const faults: string[] = [];
  if (authority.includes('@')) faults.push('must not carry "user:pass@": use basicAuth');
  else if (/[{}]/.test(authority)) faults.push('must not have a macro in host or port: macros go in the path and the query');
  const base = faults.length > 0 ? null : parseOrigin(`${scheme[0]}${authority}`);
  if (faults.length === 0 && base === null) faults.push(`has no valid host and port: "${authority}"`);
  const after = authorityLength === -1 ? '' : rest.slice(authorityLength);
  if (after.startsWith('\\')) faults.push('must have "/" after the host, not "\\"');
  const encoded = ENCODED_MACRO.exec(after)?.[1];
  if (encoded !== undefined && findMacro(encoded) !== null)
    faults.push(`has percent-encoded braces around "${encoded}": write {${encoded}}`);
  const compiled = compileTemplate(after, IN_URL);
  if (!compiled.ok) faults.push(...compiled.faults);
  if (faults.length > 0 || !compiled.ok || base === null) return { ok: false, faults };
  const port = base.port === '' ? (base.protocol === 'https:' ? '443' : '80') : base.port;
  return {
    ok: true,
    url: { destination: `${base.protocol}//${base.hostname}:${port}`, origin: base.origin, target: requestTarget(compiled.template) },
  };
}

/** Cuts the fragment off and sees to the leading slash. */
function requestTarget({ literals, macros, place }: Template): Template {
  const withFragment = literals.findIndex((literal) => literal.includes('#'));
  const kept = withFragment === -1 ? [...literals] : literals.slice(0, withFragment + 1);
  const last = kept.length - 1;
  if (withFragment !== -1) kept[last] = kept[last]!.slice(0, kept[last]!.indexOf('#'));
  if (!kept[0]!.startsWith('/')) kept[0] = `/${kept[0]}`;
  return { place, macros: macros.slice(0, last), literals: kept };
}

function parseOrigin(text: string): URL | null {
  return URL.parse(text);
}

function refused(fault: string): CompiledUrl {
  return { ok: false, faults: [fault] };
}
