/**
 * The syntax of macros in a text:
 *
 *     {name}   {name|modifier}   {name|modifier:argument|modifier…}
 *
 * A name begins with a letter or `_` and goes on with letters, digits and `_ . -`. Every other brace is a brace: `{`, `{}`, `{"a":1}`,
 * `{2,3}` are text. A backslash before a macro makes it text: `\{click_id}` gives `{click_id}`; two backslashes (as JSON writes one) stay
 * and the macro counts. In an argument a backslash takes the special meaning from the next character: `\}`, `\|`, `\,`, `\=`, `\{`, `\\`.
 */
export interface TextPiece {
  readonly kind: 'text';
  readonly text: string;
}
export interface MacroReference {
  readonly kind: 'macro';
  /** As written, braces included. */
  readonly source: string;
  readonly name: string;
  readonly modifiers: readonly ModifierReference[];
}
export interface ModifierReference {
  readonly name: string;
  /** What follows the colon, escapes undone; null without a colon. */
  readonly argument: ModifierArgument | null;
}
export interface ModifierArgument {
  readonly text: string;
  /** Split at unescaped commas, each then at unescaped equals signs: what `map` reads. */
  readonly pairs: readonly (readonly string[])[];
}
/** A brace and a name, perhaps modifiers, but no closing brace where it belongs: a slip, or just text. */
export interface Unclosed {
  readonly kind: 'unclosed';
  /** As written, up to where a `}` was missed. */
  readonly source: string;
  readonly name: string;
}
export type Piece = TextPiece | MacroReference | Unclosed;

const NAME = /[A-Za-z_][A-Za-z0-9_.-]*/y;
/** Up to the end of one modifier: escaped characters, or anything but the specials. */
const MODIFIER = /(?:\\[^]|[^\\|{}])*/y;

/** @returns the text's pieces in order; joining the sources of its macros with its texts gives it back, but for escapes. */
export function parseTemplate(text: string): Piece[] {
  const pieces: Piece[] = [];
  let textFrom = 0;
  let searchFrom = 0;
  const flush = (to: number): void => {
    if (to > textFrom) pieces.push({ kind: 'text', text: text.slice(textFrom, to) });
  };
  for (;;) {
    const open = text.indexOf('{', searchFrom);
    if (open === -1) break;
    const found = readMacro(text, open);
    if (found === null) {
      searchFrom = open + 1;
    } else if (isEscaped(text, open, textFrom)) {
      flush(open - 1);
      textFrom = open;
      searchFrom = open + 1;
    } else {
      flush(open);
      pieces.push(found.piece);
      textFrom = searchFrom = found.end;
    }
  }
  flush(text.length);
  return pieces;
}

/** An odd number of backslashes before the brace. */
function isEscaped(text: string, open: number, from: number): boolean {
  let at = open;
  while (at > from && text[at - 1] === '\\') at--;
  return (open - at) % 2 === 1;
}

/** @returns the macro that begins at the brace, or null when it is but a brace. */
function readMacro(text: string, open: number): { piece: MacroReference | Unclosed; end: number } | null {
  const name = matchAt(NAME, text, open + 1);
  if (name === '') return null;
  let at = open + 1 + name.length;
  const modifiers: ModifierReference[] = [];
  while (text[at] === '|') {
    const written = matchAt(MODIFIER, text, at + 1);
    modifiers.push(readModifier(written));
    at += 1 + written.length;
  }
  if (text[at] === '}') return { piece: { kind: 'macro', source: text.slice(open, at + 1), name, modifiers }, end: at + 1 };
  return { piece: { kind: 'unclosed', source: text.slice(open, at), name }, end: at };
}

function readModifier(written: string): ModifierReference {
  const colon = written.indexOf(':');
  if (colon === -1) return { name: written, argument: null };
  const argument = written.slice(colon + 1);
  return {
    name: written.slice(0, colon),
    argument: {
      text: unescape(argument),
      pairs: splitUnescaped(argument, ',').map((pair) => splitUnescaped(pair, '=').map(unescape)),
    },
  };
}

function splitUnescaped(text: string, separator: ',' | '='): string[] {
  const parts = [''];
  for (let at = 0; at < text.length; at++) {
    if (text[at] === separator) parts.push('');
    else parts[parts.length - 1] += text[at] === '\\' ? text.slice(at, ++at + 1) : text[at]!;
  }
  return parts;
}

function unescape(text: string): string {
  return text.replace(/\\([^])/g, '$1');
}

function matchAt(pattern: RegExp, text: string, at: number): string {
  pattern.lastIndex = at;
  return pattern.exec(text)?.[0] ?? '';
}
