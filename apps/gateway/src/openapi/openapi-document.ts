import { PROBLEM_CONTENT_TYPE } from '@ringback/contracts';
import { z } from 'zod';
import type { DeclaredEndpoint, EndpointAnswer } from '../http/endpoint.js';
import { PATH_PARAMETERS, parametersIn } from '../http/path-parameters.js';
import { exampleOf } from '../routes/schema-examples.js';
import type { ComponentSchemas, JsonSchema } from './component-schemas.js';
import { problemStatuses, PROBLEMS, type ProblemStatus } from './problem-answers.js';

export const OPENAPI_DOCUMENT = Symbol('OPENAPI_DOCUMENT');

export interface OpenApiDocument {
  readonly openapi: '3.1.0';
  readonly paths: Record<string, Record<string, unknown>>;
  readonly [section: string]: unknown;
}

/** @returns the OpenAPI 3.1 description of the declared routes. */
export function createOpenApiDocument(endpoints: readonly DeclaredEndpoint[], schemas: ComponentSchemas, version: string): OpenApiDocument {
  const paths: OpenApiDocument['paths'] = {};
  for (const endpoint of endpoints) {
    const path = endpoint.path.replace(/:([A-Za-z]+)/g, '{$1}');
    (paths[path] ??= {})[endpoint.method.toLowerCase()] = operation(endpoint, schemas);
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Ringback',
      version,
      description: 'Tells affiliates, at once and without loss, what became of their conversions.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: '/', description: 'This gateway.' }],
    security: [{ bearer: [] }],
    tags: [...new Set(endpoints.map(({ tag }) => tag))].map((name) => ({ name })),
    paths,
    components: {
      schemas: schemas.components,
      responses: Object.fromEntries(
        Object.entries(PROBLEMS).map(([status, { name, description, headers }]) => [
          name,
          {
            description,
            ...(headers ? { headers } : {}),
            content: {
              [PROBLEM_CONTENT_TYPE]: {
                schema: { $ref: '#/components/schemas/Problem' },
                example: problemExample(Number(status) as ProblemStatus),
              },
            },
          },
        ]),
      ),
      headers: {
        ETag: { description: "The thing's version in quotes, for `If-Match`.", schema: { type: 'string' }, example: '"3"' },
        Location: { description: 'Where the new thing is.', schema: { type: 'string' } },
      },
      parameters: {
        'If-Match': {
          name: 'If-Match',
          in: 'header',
          description: 'The `ETag` that was read: when it was edited meanwhile, nothing is changed and the answer is 412.',
          schema: { type: 'string' },
          example: '"3"',
        },
        'Idempotency-Key': {
          name: 'Idempotency-Key',
          in: 'header',
          description: 'Makes repeating safe: the same key answers what the first request made.',
          schema: { type: 'string', minLength: 1, maxLength: 255 },
        },
      },
      securitySchemes: {
        bearer: { type: 'http', scheme: 'bearer', description: 'A session token (`POST /v1/auth/sessions`) or an API key.' },
      },
    },
  };
}

function operation(endpoint: DeclaredEndpoint, schemas: ComponentSchemas): Record<string, unknown> {
  const { access, body } = endpoint;
  const needs =
    access === 'anyone' ? 'Open to anyone.' : access === 'user' ? 'For users, not for keys.' : `Needs the permission \`${access}\`.`;
  return {
    operationId: endpoint.operationId,
    tags: [endpoint.tag],
    summary: endpoint.summary,
    description: [endpoint.description, needs].filter(Boolean).join(' '),
    security: access === 'anyone' ? [] : [{ bearer: [access] }],
    'x-offers': endpoint.scope,
    parameters: parameters(endpoint, schemas),
    ...(body === undefined
      ? {}
      : {
          requestBody: {
            required: true,
            content: {
              'application/json': {
                schema: schemas.reference(body.schema, 'input'),
                ...(body.example === undefined ? {} : { example: body.example }),
              },
            },
          },
        }),
    responses: {
      ...Object.fromEntries(Object.entries(endpoint.answers).map(([status, answer]) => [status, response(answer, schemas)])),
      ...Object.fromEntries(
        problemStatuses(endpoint).map((status) => [status, { $ref: `#/components/responses/${PROBLEMS[status].name}` }]),
      ),
    },
  };
}

function parameters(endpoint: DeclaredEndpoint, schemas: ComponentSchemas): JsonSchema[] {
  const inPath = parametersIn(endpoint.path).map((name) => {
    const { document, description } = PATH_PARAMETERS[name]!;
    return { name, in: 'path', required: true, description, schema: schemas.reference(document, 'output') };
  });
  const inQuery = Object.entries(endpoint.query?.shape ?? {}).map(([name, schema]) => {
    const { default: standard, ...rest } = schemas.reference(schema as z.ZodType, 'output');
    return { name, in: 'query', required: false, schema: standard === undefined ? rest : { ...rest, default: standard } };
  });
  const inHeaders = (endpoint.headers ?? []).map((name) => ({ $ref: `#/components/parameters/${name}` }));
  return [...inPath, ...inQuery, ...inHeaders];
}

function response(answer: EndpointAnswer, schemas: ComponentSchemas): JsonSchema {
  return {
    description: answer.description,
    ...(answer.headers === undefined
      ? {}
      : { headers: Object.fromEntries(answer.headers.map((name) => [name, { $ref: `#/components/headers/${name}` }])) }),
    ...(answer.schema === null
      ? {}
      : {
          content: Object.fromEntries(
            Object.entries(answer.mediaTypes ?? { 'application/json': answer.example ?? exampleOf(answer.schema) }).map(
              ([mediaType, example]) => [
                mediaType,
                { schema: schemas.reference(answer.schema!, 'output'), ...(example === undefined ? {} : { example }) },
              ],
            ),
          ),
        }),
  };
}

function problemExample(status: ProblemStatus): JsonSchema {
  const { title, detail, errors } = PROBLEMS[status];
  return { type: 'about:blank', title, status, detail, ...(errors ? { errors } : {}), requestId: '8f1f2a4e-7c0d-4a57-9b7e-0d1c2b3a4f5e' };
}
