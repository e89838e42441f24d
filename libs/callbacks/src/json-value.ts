import type { ParamType } from '@ringback/contracts';
import { AS_TEXT } from './place-encoding.js';
import type { RenderContext } from './render-context.js';
import { compileTemplate, renderTemplate, type Template } from './template.js';

/** The text of one value in a JSON body, with what had to be bent; or why there is none. */
export type JsonText =
  { readonly ok: true; readonly text: string; readonly warning: string | null } | { readonly ok: false; readonly reason: string };

/** A param of a JSON body made ready. */
export interface JsonValue {
  readonly type: ParamType;
  readonly template: Template;
  /** For `json`: whether each macro stands within a JSON string. */
  readonly inString: readonly boolean[];
}

export type CompiledJsonValue =
  { readonly ok: true; readonly value: JsonValue } | { readonly ok: false; readonly faults: readonly string[] };

/** RFC 8259 §6. */
const NUMBER = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/;

/**
 * Makes a param's value ready for a JSON body. A `json` value is looked at as it will be: with `null` for a macro on its own and nothing
 * for one within a string; if that does not parse, no conversion can make it.
 */
export function compileJsonValue(text: string, type: ParamType): CompiledJsonValue {
  const compiled = compileTemplate(text, AS_TEXT);
  if (!compiled.ok) return compiled;
  const { template } = compiled;
  if (type !== 'json') return { ok: true, value: { type, template, inString: [] } };
  const inString = macrosInStrings(template.literals);
  if (!template.macros.some(({ raw }) => raw)) {
    const example = template.literals.reduce((joined, literal, index) => joined + (inString[index - 1] === true ? '' : 'null') + literal);
    const error = parseError(example);
    if (error !== null) return { ok: false, faults: [`is not JSON (${error}): mend it, or make its type "string"`] };
  }
  return { ok: true, value: { type, template, inString } };
}

/**
 * A value as JSON text. `string`: always a string. `number`, `boolean`: as given where JSON has it so, digits untouched; empty is
 * `null`; anything else a string, with a warning. `json`: the text with its macros, which must parse; a macro within a JSON string is
 * escaped, one on its own must be JSON by itself (empty is `null`) so that no value can add to the structure; `|raw` does neither.
 */
export function renderJsonValue(value: JsonValue, context: RenderContext, maxCharacters: number): JsonText {
  if (value.type === 'json') return renderJson(value, context, maxCharacters);
  const text = renderTemplate(value.template, context, maxCharacters);
  if (value.type === 'string') return rendered(JSON.stringify(text));
  if (text === '') return rendered('null');
  if (value.type === 'number' ? NUMBER.test(text) : text === 'true' || text === 'false') return rendered(text);
  return { ok: true, text: JSON.stringify(text), warning: `is not a ${value.type}, so it is sent as a string` };
}

function renderJson({ template, inString }: JsonValue, context: RenderContext, maxCharacters: number): JsonText {
  const { literals, macros } = template;
  let text = literals[0]!;
  for (let index = 0; index < macros.length && text.length <= maxCharacters; index++) {
    const macro = macros[index]!;
    const value = macro.read(context);
    if (macro.raw) text += value;
    else if (inString[index] === true) text += JSON.stringify(value).slice(1, -1);
    else if (value === '') text += 'null';
    else if (parseError(value) === null) text += value;
    else return { ok: false, reason: 'the value of a macro outside quotes is not JSON: put the macro in double quotes' };
    text += literals[index + 1]!;
  }
  if (text.length > maxCharacters) return rendered(text);
  const error = parseError(text);
  return error === null ? rendered(text) : { ok: false, reason: 'is not JSON' };
}

function rendered(text: string): JsonText {
  return { ok: true, text, warning: null };
}

/** @returns for each gap between literals whether it is within a JSON string. */
function macrosInStrings(literals: readonly string[]): boolean[] {
  let within = false;
  return literals.slice(0, -1).map((literal) => {
    for (const [found] of literal.matchAll(/\\[^]|"/g)) if (found === '"') within = !within;
    return within;
  });
}

/** What is wrong with it. V8 quotes the text, or all of a short one: that is left out, since it may be a secret. */
function parseError(text: string): string | null {
  try {
    JSON.parse(text);
    return null;
  } catch (error) {
    return (error as Error).message
      .replace(/, (?:\.\.\.)?"[^]*"(?:\.\.\.)? is not valid JSON$/, '')
      .replace(/^"[^]*" is not valid JSON$/, 'not one value');
  }
}
