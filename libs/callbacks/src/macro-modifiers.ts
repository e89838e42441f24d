import type { Macro } from './macro-catalogue.js';
import { nearestName } from './nearest-name.js';
import type { RenderContext } from './render-context.js';
import type { ModifierReference } from './template-syntax.js';
import { TIME_FORMATS, formatTime, type TimeFormat } from './time-format.js';

/** A modifier as the catalogue shows it. */
export interface ModifierDescription {
  readonly name: string;
  readonly meaning: string;
  readonly example: string;
}

/** Every modifier. Several are applied from left to right. */
export const MODIFIER_CATALOGUE: readonly ModifierDescription[] = [
  { name: 'default', meaning: 'This text when the value is empty', example: '{sub1|default:none}' },
  { name: 'upper', meaning: 'In upper case', example: '{currency|upper}' },
  { name: 'lower', meaning: 'In lower case', example: '{country|lower}' },
  { name: 'raw', meaning: 'Inserted without the encoding of its place: for values that are encoded already', example: '{sub2|raw}' },
  { name: 'map', meaning: 'Another text for each value; a value not listed stays', example: '{status|map:pending=1,done=2,rejected=3}' },
  { name: 'fmt', meaning: `A time as ${TIME_FORMATS.join(', ')}, in UTC`, example: '{conversion_time|fmt:unix}' },
];
const MODIFIER_NAMES = MODIFIER_CATALOGUE.map(({ name }) => name);

/** One step from a macro's value to what is inserted. `unmodified` is the value before the first step. */
export type ModifierStep = (value: string, unmodified: string, context: RenderContext) => string;

/** A modifier made ready: a step, the mark that nothing is to be encoded, or what is wrong with it. */
export type CompiledModifier =
  { readonly kind: 'step'; readonly step: ModifierStep } | { readonly kind: 'raw' } | { readonly kind: 'fault'; readonly message: string };

const upper: ModifierStep = (value) => value.toUpperCase();
const lower: ModifierStep = (value) => value.toLowerCase();

/** @returns the modifier made ready for a macro. Messages name the modifier and the remedy. */
export function compileModifier(modifier: ModifierReference, macro: Macro): CompiledModifier {
  const { argument } = modifier;
  const name = modifier.name.toLowerCase();
  switch (name) {
    case 'default':
      if (argument === null) return fault('modifier "default" needs a text: write |default:none');
      return step((value) => (value === '' ? argument.text : value));
    case 'upper':
    case 'lower':
      if (argument !== null) return fault(`modifier "${name}" takes nothing after it: write |${name}`);
      return step(name === 'upper' ? upper : lower);
    case 'raw':
      return argument === null ? { kind: 'raw' } : fault('modifier "raw" takes nothing after it: write |raw');
    case 'map':
      return compileMap(argument?.pairs ?? []);
    case 'fmt':
      return compileFormat(argument?.text ?? '', macro);
    default:
      return fault(`unknown modifier "${modifier.name}": the nearest is "${nearestName(modifier.name, MODIFIER_NAMES)}"`);
  }
}

function compileMap(pairs: readonly (readonly string[])[]): CompiledModifier {
  const texts = new Map<string, string>();
  if (pairs.length === 0) return fault('modifier "map" needs pairs: write |map:pending=1,done=2');
  for (const [from, to, ...more] of pairs) {
    if (from === undefined || to === undefined || more.length > 0)
      return fault(`modifier "map" needs pairs with one "=" each: write |map:pending=1,done=2, and \\= or \\, for the character itself`);
    if (texts.has(from)) return fault(`modifier "map" lists "${from}" twice: remove one`);
    texts.set(from, to);
  }
  return step((value) => texts.get(value) ?? value);
}

/** Formats the macro's own moment. What an earlier step put in its place (a default, say) stays. */
function compileFormat(format: string, macro: Macro): CompiledModifier {
  const { momentMs } = macro;
  if (!isTimeFormat(format)) {
    const nearest = nearestName(format, TIME_FORMATS);
    return fault(`modifier "fmt" knows ${TIME_FORMATS.join(', ')}, not "${format}": the nearest is "${nearest}"`);
  }
  if (momentMs === undefined) return fault(`modifier "fmt" formats times, and {${macro.name}} is none: remove |fmt:${format}`);
  return step((value, unmodified, context) => (value !== '' && value === unmodified ? formatTime(momentMs(context), format) : value));
}

function isTimeFormat(format: string): format is TimeFormat {
  return (TIME_FORMATS as readonly string[]).includes(format);
}

function step(apply: ModifierStep): CompiledModifier {
  return { kind: 'step', step: apply };
}

function fault(message: string): CompiledModifier {
  return { kind: 'fault', message };
}
