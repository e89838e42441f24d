import { findMacro, MACROS, type Macro } from './macro-catalogue.js';
import { compileModifier, type ModifierStep } from './macro-modifiers.js';
import { nearestName } from './nearest-name.js';
import type { Place } from './place-encoding.js';
import type { RenderContext } from './render-context.js';
import { parseTemplate, type MacroReference } from './template-syntax.js';

/** A macro at its place in a text. */
export interface MacroUse {
  readonly read: (context: RenderContext) => string;
  /** Marked `|raw`: its place does not encode it. */
  readonly raw: boolean;
}

/**
 * A text made ready to be rendered many times: `literals[0]`, `macros[0]`, `literals[1]`, … `literals[n]`. Literals are encoded for the
 * place already.
 */
export interface Template {
  readonly place: Place;
  readonly literals: readonly string[];
  readonly macros: readonly MacroUse[];
}

export type CompiledTemplate =
  | { readonly ok: true; readonly template: Template }
  /** Why it can not be rendered: each names the macro or modifier, the nearest known one, or another remedy. */
  | { readonly ok: false; readonly faults: readonly string[] };

const NO_MACROS: readonly MacroUse[] = [];

/** @returns the text made ready for a place, or everything that is wrong with its macros. */
export function compileTemplate(text: string, place: Place): CompiledTemplate {
  if (!text.includes('{')) return { ok: true, template: { place, literals: [place.literal(text)], macros: NO_MACROS } };
  const literals = [''];
  const macros: MacroUse[] = [];
  const faults: string[] = [];
  const addText = (more: string): void => {
    literals[literals.length - 1] += more;
  };
  for (const piece of parseTemplate(text)) {
    if (piece.kind === 'text') {
      const slip = spacedMacro(piece.text);
      if (slip !== null) faults.push(slip);
      addText(piece.text);
    } else if (piece.kind === 'macro') {
      const use = compileMacro(piece, faults);
      if (use === null) continue;
      macros.push(use);
      literals.push('');
    } else if (findMacro(piece.name) === null && !piece.source.includes('|')) {
      addText(piece.source);
    } else {
      faults.push(`"${piece.source}" begins a macro but no "}" ends it: write {${piece.name}}, or \\{ for a brace`);
    }
  }
  return faults.length > 0 ? { ok: false, faults } : { ok: true, template: { place, literals: literals.map(place.literal), macros } };
}

/**
 * @param maxCharacters stop once the text is longer: the caller refuses it
 * @returns the text with the macros' values in their places
 */
export function renderTemplate(template: Template, context: RenderContext, maxCharacters: number): string {
  const { literals, macros, place } = template;
  let text = literals[0]!;
  for (let index = 0; index < macros.length && text.length <= maxCharacters; index++) {
    const macro = macros[index]!;
    const value = macro.read(context);
    if (value !== '') text += macro.raw ? place.raw(value) : place.value(value);
    text += literals[index + 1]!;
  }
  return text;
}

/** The uses of macros without modifiers, shared by all callbacks. */
const PLAIN_USES: ReadonlyMap<Macro, MacroUse> = new Map(MACROS.map((macro) => [macro, { read: macro.read, raw: false }]));

function compileMacro(reference: MacroReference, faults: string[]): MacroUse | null {
  const macro = findMacro(reference.name);
  if (macro === null) {
    faults.push(
      `unknown macro {${reference.name}}: the nearest is {${nearestMacro(reference.name)}}, and \\{${reference.name}} is that text`,
    );
    return null;
  }
  if (reference.modifiers.length === 0) return PLAIN_USES.get(macro) ?? { read: macro.read, raw: false };
  const steps: ModifierStep[] = [];
  let raw = false;
  for (const modifier of reference.modifiers) {
    const compiled = compileModifier(modifier, macro);
    if (compiled.kind === 'step') steps.push(compiled.step);
    else if (compiled.kind === 'raw') raw = true;
    else faults.push(`${reference.source}: ${compiled.message}`);
  }
  return { read: withSteps(macro, steps), raw };
}

function withSteps(macro: Macro, steps: readonly ModifierStep[]): (context: RenderContext) => string {
  const { read } = macro;
  const [only, ...more] = steps;
  if (only === undefined) return read;
  return (context) => {
    const unmodified = read(context);
    let value = only(unmodified, unmodified, context);
    for (const apply of more) value = apply(value, unmodified, context);
    return value;
  };
}

const MACRO_NAMES = MACROS.map(({ name }) => name);

function nearestMacro(name: string): string {
  const key = /^[A-Za-z]+[.-]([A-Za-z0-9_-]{1,64})$/.exec(name)?.[1];
  if (key !== undefined && /^p/i.test(name)) return `param.${key}`;
  return /^params?\.?$/i.test(name) ? 'param.<key>' : nearestName(name, MACRO_NAMES);
}

/** A known macro with white space inside its braces would silently be sent as text. */
function spacedMacro(text: string): string | null {
  if (!text.includes('{')) return null;
  for (const [source, name] of text.matchAll(/\{\s+([A-Za-z_][A-Za-z0-9_.]*)\s*\}/g))
    if (findMacro(name!) !== null) return `"${source}" has spaces in its braces: write {${name}}`;
  return null;
}
