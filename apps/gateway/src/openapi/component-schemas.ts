import { z } from 'zod';

export type JsonSchema = Record<string, unknown>;

/** Patterns that zod adds beside `format`: hundreds of characters that say nothing more to a reader. */
const FORMATS_THAT_SUFFICE = new Set(['uuid', 'date-time', 'ipv4', 'ipv6', 'email']);

/** Turns zod schemas into the schemas of an OpenAPI 3.1 document (JSON Schema 2020-12), by reference where they have a name. */
export class ComponentSchemas {
  readonly components: Record<string, JsonSchema>;
  readonly #inputs = z.registry<{ id: string }>();
  readonly #outputs = z.registry<{ id: string }>();
  readonly #names = new Map<z.ZodType, string>();

  /** @param inputs what clients send: unknown fields are refused. @param outputs what they get: unknown fields may come with time. */
  constructor(inputs: Readonly<Record<string, z.ZodType>>, outputs: Readonly<Record<string, z.ZodType>>) {
    for (const [registry, schemas] of [
      [this.#inputs, inputs],
      [this.#outputs, outputs],
    ] as const)
      for (const [id, schema] of Object.entries(schemas)) {
        registry.add(schema, { id });
        this.#names.set(schema, id);
      }
    this.components = { ...named(this.#inputs, 'input'), ...named(this.#outputs, 'output') };
  }

  /** @returns the schema of something that is sent (`input`) or answered (`output`): a reference where it has a name. */
  reference(schema: z.ZodType, io: 'input' | 'output'): JsonSchema {
    const name = this.#names.get(schema);
    if (name !== undefined) return { $ref: `#/components/schemas/${name}` };
    if (schema instanceof z.ZodIntersection)
      return { allOf: [schema.def.left, schema.def.right].map((side) => this.reference(side as z.ZodType, io)) };
    return plain(z.toJSONSchema(schema, { io, metadata: z.registry(), override: (context) => simplify(context.jsonSchema, io) }));
  }
}

function named(registry: z.core.$ZodRegistry<{ id: string }>, io: 'input' | 'output'): Record<string, JsonSchema> {
  const { schemas } = z.toJSONSchema(registry, {
    io,
    uri: (id) => `#/components/schemas/${id}`,
    override: (context) => simplify(context.jsonSchema, io),
  });
  return Object.fromEntries(Object.entries(schemas).map(([id, schema]) => [id, plain(schema)]));
}

function simplify(schema: z.core.JSONSchema.BaseSchema, io: 'input' | 'output'): void {
  if (schema.format !== undefined && FORMATS_THAT_SUFFICE.has(schema.format)) delete schema.pattern;
  if (io === 'output' && schema.additionalProperties === false) delete schema.additionalProperties;
}

/** The document says the dialect once, and its components are known by their place. */
function plain(schema: object): JsonSchema {
  const { $schema: _dialect, $id: _id, id: _name, ...rest } = schema as JsonSchema;
  return rest;
}
