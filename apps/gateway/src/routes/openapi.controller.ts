import { Controller, Inject } from '@nestjs/common';
import { z } from 'zod';
import { Endpoint } from '../http/endpoint.js';
import { OPENAPI_DOCUMENT, type OpenApiDocument } from '../openapi/openapi-document.js';

@Controller()
export class OpenApiController {
  constructor(@Inject(OPENAPI_DOCUMENT) private readonly document: OpenApiDocument) {}

  @Endpoint({
    method: 'GET',
    path: '/v1/openapi.json',
    tag: 'Access',
    summary: 'Read this description',
    access: 'anyone',
    scope: 'shared',
    answers: {
      200: {
        description: 'OpenAPI 3.1, generated from the routes.',
        schema: z.record(z.string(), z.unknown()),
        example: { openapi: '3.1.0', info: { title: 'Ringback' }, paths: {} },
      },
    },
  })
  readOpenApi() {
    return this.document;
  }
}
