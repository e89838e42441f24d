import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Controller, Get } from '@nestjs/common';
import { Validator } from '@seriousme/openapi-schema-validator';
import { Ajv2020 } from 'ajv/dist/2020.js';
import formats from 'ajv-formats';
import { endpointsOf, type DeclaredEndpoint } from './http/endpoint.js';
import { ComponentSchemas } from './openapi/component-schemas.js';
import { describeApi } from './openapi/describe-api.js';
import { createOpenApiDocument } from './openapi/openapi-document.js';
import { controllers } from './routes/controllers.js';
import { INPUT_SCHEMAS, OUTPUT_SCHEMAS } from './routes/named-schemas.js';

interface Operation {
  operationId: string;
  security: unknown[];
  parameters: { name: string; in: string; required?: boolean; schema: Record<string, unknown>; $ref?: string }[];
  requestBody?: { content: Record<string, Content> };
  responses: Record<string, { content?: Record<string, Content>; $ref?: string }>;
}
interface Content {
  schema: object;
  example?: unknown;
}

const endpoints = controllers.flatMap(endpointsOf);
const document = JSON.parse(
  JSON.stringify(createOpenApiDocument(endpoints, new ComponentSchemas(INPUT_SCHEMAS, OUTPUT_SCHEMAS), '1.2.3')),
) as {
  paths: Record<string, Record<string, Operation>>;
  components: { schemas: Record<string, object>; responses: Record<string, { content: Record<string, Content> }> };
  [section: string]: unknown;
};
const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, operation]) => ({ name: `${method.toUpperCase()} ${path}`, path, operation })),
);
const byName = operations.map(({ name, path, operation }) => [name, path, operation] as const);

/** Knows the document's components, so that schemas and examples can be tried. */
const ajv = new Ajv2020({ strict: false, validateSchema: true, allErrors: true });
(formats as unknown as (instance: Ajv2020) => void)(ajv);
ajv.addSchema({ components: anchored(document.components) }, 'document');

/** The same with references that lead into the document from anywhere. */
function anchored<Part extends object>(part: Part): Part {
  return JSON.parse(JSON.stringify(part).replaceAll('"#/components/', '"document#/components/')) as Part;
}

function compile(schema: object) {
  return ajv.compile(anchored(schema));
}

describe('the OpenAPI document', () => {
  it('is valid OpenAPI 3.1', async () => {
    const validator = new Validator();
    const result = await validator.validate(structuredClone(document));
    expect(result.errors ?? []).toEqual([]);
    expect({ valid: result.valid, version: validator.version }).toEqual({ valid: true, version: '3.1' });
  });

  it('is kept as docs/openapi.json (npm run documents)', () => {
    const kept: unknown = JSON.parse(readFileSync(join(import.meta.dirname, '../../../docs/openapi.json'), 'utf8'));
    expect(kept).toEqual(JSON.parse(JSON.stringify(describeApi())));
  });

  it('has every route that the controllers have', () => {
    expect(operations.map(({ name }) => name).toSorted()).toEqual(
      endpoints.map(({ method, path }) => `${method} ${path.replace(/:(\w+)/g, '{$1}')}`).toSorted(),
    );
  });

  it('names each operation once', () => {
    const ids = operations.map(({ operation }) => operation.operationId);
    expect(new Set(ids).size).toBe(ids.length);
  });

  it('refers to nothing that is not in it', () => {
    const references = [...JSON.stringify(document).matchAll(/"\$ref":"#([^"]+)"/g)].map((match) => match[1]!);
    expect(references.length).toBeGreaterThan(100);
    for (const reference of new Set(references)) {
      const found = reference
        .split('/')
        .slice(1)
        .reduce<unknown>((node, key) => (node as Record<string, unknown> | undefined)?.[key], document);
      expect({ reference, found: found !== undefined }).toEqual({ reference, found: true });
    }
  });

  it.each(byName)('%s tells its parameters, its security and its problems', (_, path, operation) => {
    const inPath = operation.parameters.filter((parameter) => parameter.in === 'path');
    expect(inPath.map(({ name }) => name)).toEqual([...path.matchAll(/\{(\w+)\}/g)].map((match) => match[1]));
    expect(inPath.every(({ required }) => required)).toBe(true);
    const open = ['readOpenApi', 'createSession', 'refreshSession', 'acceptInvitation', 'resetPassword'].includes(operation.operationId);
    expect(operation.security).toHaveLength(open ? 0 : 1);
    if (operation.operationId !== 'readOpenApi') expect(Object.keys(operation.responses)).toContain('503');
    if (!open) expect(Object.keys(operation.responses)).toEqual(expect.arrayContaining(['401', '403']));
  });

  it.each(byName)('%s has an example of its body and of each answer, which its own schemas accept', (_, __, operation) => {
    const parts = [operation.requestBody, ...Object.values(operation.responses).filter(({ $ref }) => $ref === undefined)];
    for (const { schema, example } of parts.flatMap((part) => Object.values(part?.content ?? {}))) {
      const check = compile(schema);
      expect({ valid: check(example), errors: check.errors }).toEqual({ valid: true, errors: null });
    }
  });

  it.each(Object.entries(document.components.responses))('the problem %s is a problem', (_, { content }) => {
    const { schema, example } = content['application/problem+json']!;
    const check = compile(schema);
    expect({ valid: check(example), errors: check.errors }).toEqual({ valid: true, errors: null });
  });

  it.each(Object.entries(document.components.schemas))('the schema %s can be used', (_, schema) => {
    expect(() => compile(schema)).not.toThrow();
  });

  it('tells bounds and defaults of query parameters', () => {
    const { parameters } = document.paths['/v1/deliveries']!['get']!;
    expect(parameters.find(({ name }) => name === 'limit')!.schema).toEqual({ type: 'integer', minimum: 1, maximum: 200, default: 50 });
    expect(parameters.find(({ name }) => name === 'offerId')!.schema).toEqual({ type: 'integer', minimum: 1, maximum: 2_147_483_647 });
  });

  it('refuses unknown fields in what is sent, and announces none in what is answered', () => {
    expect(document.components.schemas['OfferInput']).toMatchObject({ additionalProperties: false, required: ['name'] });
    expect(document.components.schemas['Offer']).not.toHaveProperty('additionalProperties');
  });
});

describe('a route without a declaration', () => {
  @Controller()
  class ForgetfulController {
    @Get('/v1/secrets')
    listSecrets() {
      return [];
    }
  }

  it('is refused by name when the gateway starts', () => {
    expect(() => endpointsOf(ForgetfulController)).toThrow('ForgetfulController.listSecrets is a route without @Endpoint');
  });

  it('cannot be declared without access', () => {
    // @ts-expect-error access is required
    const declaration: DeclaredEndpoint = { operationId: 'x', method: 'GET', path: '/v1/x', tag: 'x', summary: 'x', answers: {} };
    expect(declaration.access).toBeUndefined();
  });
});
