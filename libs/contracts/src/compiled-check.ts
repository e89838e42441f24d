import { isDeepStrictEqual } from 'node:util';
import { _, Ajv } from 'ajv';
import { z } from 'zod';

type Check = (value: unknown) => boolean;

/** Kinds of schema that JSON Schema says whole, but for the checks of strings. */
const SAID_WHOLE: ReadonlySet<string> = new Set([
  'string',
  'number',
  'object',
  'array',
  'literal',
  'enum',
  'nullable',
  'optional',
  'union',
]);
/** Checks that it says as well. Lengths of strings it counts in code points, where zod counts UTF-16 units. */
const BOUNDS: ReadonlySet<string> = new Set(['less_than', 'greater_than', 'number_format', 'max_length', 'min_length']);
/** Formats of strings that are one regular expression, which JSON Schema then has as `pattern`. */
const PATTERNS: ReadonlySet<string> = new Set(['regex', 'uuid', 'datetime']);

/**
 * Compiles a schema to code that tells, some six times as fast as the schema, whether a value read from JSON is one that the schema would take
 * and give back as it is. No tells nothing: the value may be wrong, or one that the schema changes (it drops a field, writes in lower case). So
 * the schema is asked wherever this says no, and has all the words about what is wrong.
 *
 * What JSON Schema cannot say is asked of the schema itself, node by node, so nothing passes here that the schema refuses.
 */
export function compileCheck(schema: z.ZodType): Check {
  const asked: Check[] = [];
  const json = z.toJSONSchema(schema, {
    io: 'output',
    unrepresentable: 'any',
    override: ({ zodSchema, jsonSchema }) => {
      const def = zodSchema._zod.def as unknown as Def;
      const checks = [def, ...(def.checks ?? []).map((check) => check._zod.def)];
      if (SAID_WHOLE.has(def.type) && checks.every(def.type === 'string' ? isSaidOfString : isSaid)) {
        if (def.type !== 'string') return;
        delete jsonSchema.minLength;
        delete jsonSchema.maxLength;
        const own = checks.flatMap(ownCheck);
        if (own.length > 0) jsonSchema['asks'] = asked.push(all(own)) - 1;
        return;
      }
      for (const key of Object.keys(jsonSchema)) delete jsonSchema[key];
      jsonSchema['asks'] = asked.push(takenAsItIs(zodSchema as unknown as z.ZodType)) - 1;
    },
  });
  delete json.$schema;
  const ajv = new Ajv({ strict: false, validateFormats: false, unicodeRegExp: false });
  ajv.addKeyword({
    keyword: 'asks',
    schemaType: 'number',
    // A call within the code. As a function beside it, each field would be handed an object that tells where it stands: 2 KB an event.
    code: (context) => {
      const check = context.gen.scopeValue('keyword', { ref: asked[context.schema as number] });
      context.pass(_`${check}(${context.data})`);
    },
  });
  return ajv.compile(json) as Check;
}

/** What zod keeps of a schema, or of one of its checks. */
interface Def {
  readonly type: string;
  readonly check?: string;
  readonly checks?: readonly { readonly _zod: { readonly def: Def } }[];
  readonly coerce?: boolean;
  readonly format?: string;
  readonly pattern?: RegExp;
  readonly maximum?: number;
  readonly minimum?: number;
  /** Of `refine`. */
  readonly fn?: (value: string) => unknown;
  /** Of what changes the value. */
  readonly tx?: (value: string) => string;
}

function isSaid({ check, coerce }: Def): boolean {
  return coerce !== true && (check === undefined || BOUNDS.has(check));
}

function isSaidOfString(def: Def): boolean {
  const { check, format, pattern, fn, tx } = def;
  if (check === 'string_format') return PATTERNS.has(format!) && pattern !== undefined && pattern.flags === '';
  return isSaid(def) || (check === 'custom' && fn !== undefined) || (check === 'overwrite' && tx !== undefined);
}

/** @returns what is asked of a string beside its JSON Schema. */
function ownCheck({ check, maximum, minimum, fn, tx }: Def): ((value: string) => unknown)[] {
  switch (check) {
    case 'max_length':
      return [({ length }) => length <= maximum!];
    case 'min_length':
      return [({ length }) => length >= minimum!];
    case 'custom':
      return [fn!];
    case 'overwrite':
      return [(value) => tx!(value) === value];
    default:
      return [];
  }
}

/** A loop, and not `every` with a function made at each call: this is asked of each string of each event. */
function all(checks: readonly ((value: string) => unknown)[]): Check {
  return (value) => {
    if (typeof value !== 'string') return false;
    for (const check of checks) if (!check(value)) return false;
    return true;
  };
}

function takenAsItIs(schema: z.ZodType): Check {
  return (value) => {
    const parsed = schema.safeParse(value);
    return parsed.success && isDeepStrictEqual(parsed.data, value);
  };
}
