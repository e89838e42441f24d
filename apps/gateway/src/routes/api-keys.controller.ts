import { Body, Controller, Headers, Query, Req, Res } from '@nestjs/common';
import {
  apiKeyInputSchema,
  apiKeyListQuerySchema,
  apiKeyPageSchema,
  apiKeyPatchSchema,
  apiKeySchema,
  newApiKeySchema,
} from '@ringback/contracts';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { noteBefore } from '../audit/audit-trail.js';
import { Endpoint } from '../http/endpoint.js';
import { etag } from '../http/etag.js';
import { edgeContext, signedIn } from '../http/http-edge.js';
import type { JsonBody } from '../http/json-body.js';
import { readBody } from '../http/read-body.js';
import { ApiKeys } from '../keys/api-keys.service.js';

const tag = 'API keys';
const example = {
  id: 4,
  name: 'tracker',
  prefix: 'rbk_9fKc',
  role: 'service',
  offerIds: [1, 7],
  expiresAt: '2027-01-01T00:00:00.000Z',
  revokedAt: null,
  lastUsedAt: null,
  createdBy: 'ada@example.com',
  version: 1,
  createdAt: '2026-01-01T12:00:00.000Z',
  updatedAt: '2026-01-01T12:00:00.000Z',
};

@Controller()
export class ApiKeysController {
  constructor(private readonly keys: ApiKeys) {}

  @Endpoint({
    method: 'GET',
    path: '/v1/api-keys',
    tag,
    summary: 'List API keys',
    description: 'Revoked ones too. `lastUsedAt` is to the minute.',
    access: 'api-keys:read',
    scope: 'network-wide',
    query: apiKeyListQuerySchema,
    answers: { 200: { description: 'A page.', schema: apiKeyPageSchema, example: { items: [example], nextCursor: null } } },
  })
  async listApiKeys(@Query() query: unknown, @Res() reply: FastifyReply): Promise<void> {
    await reply.send(await this.keys.list(apiKeyListQuerySchema.parse(query)));
  }

  @Endpoint({
    method: 'POST',
    path: '/v1/api-keys',
    tag,
    summary: 'Make an API key',
    description:
      'The key is shown this once. With `offerIds` only what belongs to these offers exists for it, whatever its role; neither role nor offers can be changed later.',
    access: 'api-keys:write',
    scope: 'network-wide',
    body: { schema: apiKeyInputSchema, example: { name: 'tracker', role: 'service', offerIds: [1, 7] } },
    answers: {
      201: {
        description: 'Made.',
        schema: newApiKeySchema,
        headers: ['ETag', 'Location'],
        example: { ...example, key: 'rbk_9fKc…' },
      },
    },
  })
  async createApiKey(@Body() body: JsonBody | undefined, @Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const key = await this.keys.create(signedIn(request), readBody(apiKeyInputSchema, body));
    await reply.status(201).header('location', `/v1/api-keys/${key.id}`).header('etag', etag(key.version)).send(key);
  }

  @Endpoint({
    method: 'GET',
    path: '/v1/api-keys/:keyId',
    tag,
    summary: 'Read an API key',
    access: 'api-keys:read',
    scope: 'network-wide',
    answers: { 200: { description: 'The key, without itself.', schema: apiKeySchema, headers: ['ETag'], example } },
  })
  async readApiKey(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const key = await this.keys.read(keyId(request));
    await reply.header('etag', etag(key.version)).send(key);
  }

  @Endpoint({
    method: 'PATCH',
    path: '/v1/api-keys/:keyId',
    tag,
    summary: 'Rename an API key, or let it end at another time',
    access: 'api-keys:write',
    scope: 'network-wide',
    headers: ['If-Match'],
    body: { schema: apiKeyPatchSchema, example: { name: 'tracker in Frankfurt' } },
    answers: {
      200: { description: 'Changed.', schema: apiKeySchema, headers: ['ETag'], example: { ...example, name: 'tracker in Frankfurt' } },
    },
    problems: [409],
  })
  async editApiKey(
    @Body() body: JsonBody | undefined,
    @Headers('if-match') ifMatch: string | undefined,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const id = keyId(request);
    const patch = readBody(apiKeyPatchSchema, body);
    noteBefore(request, await this.keys.read(id));
    const key = await this.keys.patch(signedIn(request), id, patch, ifMatch);
    await reply.header('etag', etag(key.version)).send(key);
  }

  @Endpoint({
    method: 'DELETE',
    path: '/v1/api-keys/:keyId',
    tag,
    summary: 'Revoke an API key',
    description: 'For good, and at once: no gateway takes it any more.',
    access: 'api-keys:write',
    scope: 'network-wide',
    headers: ['If-Match'],
    answers: { 204: { description: 'Revoked.', schema: null } },
  })
  async revokeApiKey(
    @Headers('if-match') ifMatch: string | undefined,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const id = keyId(request);
    noteBefore(request, await this.keys.read(id));
    await this.keys.revoke(signedIn(request), id, ifMatch);
    await reply.status(204).send();
  }
}

function keyId(request: FastifyRequest): number {
  return Number(edgeContext(request).parameters['keyId']);
}
