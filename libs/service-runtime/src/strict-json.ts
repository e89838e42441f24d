import type { FieldError } from '@ringback/contracts';
import { ProblemError } from './problem-error.js';

/** No body of this system nests deeper than 6; a conversion's `params` are flat. Bounded before parsing: 16 MB of `[` would take 1 GB. */
const MAX_DEPTH = 32;
/** Names that reach what an object inherits, where some later code copies it carelessly. */
const PROTOTYPE_NAMES = new Set(['__proto__', 'constructor', 'prototype']);

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/**
 * Reads JSON (RFC 8259) that can be understood in one way only: UTF-8, no name twice in an object (§4: what such an object means is left to
 * chance), no deeper than 32, and no member named as what every object inherits. An ordinary body costs one pass over its bytes and one over
 * its values.
 * @throws {ProblemError} 400 that names what is wrong, and where.
 */
export function readStrictJson(bytes: Buffer): unknown {
  const members = countMembers(bytes);
  let value: unknown;
  try {
    value = JSON.parse(utf8.decode(bytes));
  } catch (cause) {
    throw new ProblemError(400, `the body is not JSON in UTF-8: ${(cause as Error).message}`, { cause });
  }
  if (countNames(value, []) !== members) throw ambiguous(bytes);
  return value;
}

const QUOTE = 0x22;
const COLON = 0x3a;
const BACKSLASH = 0x5c;

/** @returns how many members the objects of a JSON text have: its colons outside of strings. @throws {ProblemError} 400 when it is too deep. */
function countMembers(bytes: Buffer): number {
  let members = 0;
  let depth = 0;
  for (let at = 0; at < bytes.length; at++) {
    switch (bytes[at]) {
      case QUOTE:
        at = endOfString(bytes, at);
        break;
      case COLON:
        members += 1;
        break;
      case 0x7b: // {
      case 0x5b: // [
        if (++depth > MAX_DEPTH) throw new ProblemError(400, `the body nests deeper than ${MAX_DEPTH} levels: make it flatter`);
        break;
      case 0x7d: // }
      case 0x5d: // ]
        depth -= 1;
        break;
      default:
    }
  }
  return members;
}

/** @param start where the string's first quote is. @returns where its last one is, or the text's end. */
function endOfString(bytes: Buffer, start: number): number {
  // Not `indexOf`: most strings are short, and each call out of JavaScript costs more than they do.
  for (let at = start + 1; at < bytes.length; at++) {
    const byte = bytes[at];
    if (byte === QUOTE) return at;
    if (byte === BACKSLASH) at += 1;
  }
  return bytes.length;
}

/** @returns how many members the objects in a value have. @throws {ProblemError} 400 for a name that every object inherits. */
function countNames(value: unknown, path: (string | number)[]): number {
  if (typeof value !== 'object' || value === null) return 0;
  let count = 0;
  if (Array.isArray(value)) {
    for (let index = 0; index < value.length; index++) {
      const item: unknown = value[index];
      if (typeof item === 'object' && item !== null) count += countWithin(item, path, index);
    }
    return count;
  }
  const names = Object.keys(value);
  for (const name of names) {
    if (PROTOTYPE_NAMES.has(name)) throw refused([...path, name], 'is not a name that can be used here: rename it');
    const member = (value as Record<string, unknown>)[name];
    if (typeof member === 'object' && member !== null) count += countWithin(member, path, name);
  }
  return count + names.length;
}

function countWithin(value: object, path: (string | number)[], step: string | number): number {
  path.push(step);
  const count = countNames(value, path);
  path.pop();
  return count;
}

interface Level {
  readonly isObject: boolean;
  readonly names: Set<string>;
  /** The member, or the item, that is being read. */
  at: string | number;
  isNameNext: boolean;
}

/** @returns the refusal of a text, known to be JSON, that names something twice: found by reading it once more, slowly. */
function ambiguous(bytes: Buffer): ProblemError {
  const levels: Level[] = [];
  for (let at = 0; at < bytes.length; at++) {
    const level = levels.at(-1);
    switch (bytes[at]) {
      case QUOTE: {
        const end = endOfString(bytes, at);
        if (level?.isNameNext === true) {
          const name = JSON.parse(bytes.toString('utf8', at, end + 1)) as string;
          level.at = name;
          level.isNameNext = false;
          if (level.names.has(name))
            return refused(
              levels.map((each) => each.at),
              'stands there twice: send it once',
            );
          level.names.add(name);
        }
        at = end;
        break;
      }
      case 0x7b: // {
      case 0x5b: {
        const isObject = bytes[at] === 0x7b;
        levels.push({ isObject, names: new Set(), at: 0, isNameNext: isObject });
        break;
      }
      case 0x7d: // }
      case 0x5d: // ]
        levels.pop();
        break;
      case 0x2c: // ,
        if (level?.isObject === true) level.isNameNext = true;
        else if (level !== undefined) level.at = (level.at as number) + 1;
        break;
      default:
    }
  }
  throw new Error('a JSON text whose members were counted wrongly');
}

function refused(path: readonly (string | number)[], message: string): ProblemError {
  const errors: FieldError[] = [{ path: path.join('.').slice(0, 200), message }];
  return new ProblemError(400, `${errors[0]!.path} ${message}`, { errors });
}
