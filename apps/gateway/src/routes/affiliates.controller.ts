import { Controller, Req, Res } from '@nestjs/common';
import { affiliateInputSchema, affiliateListQuerySchema, affiliatePatchSchema, affiliateSchema } from '@ringback/contracts';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Endpoint } from '../http/endpoint.js';
import { Forwarder } from '../upstream/forwarder.js';
import { changeAnswers } from './configuration-answers.js';
import { affiliatePageSchema } from './named-schemas.js';

const tag = 'Affiliates';

/** Owned by offers-service. */
@Controller()
export class AffiliatesController {
  constructor(private readonly forwarder: Forwarder) {}

  @Endpoint({
    method: 'GET',
    path: '/v1/affiliates',
    tag,
    summary: 'List affiliates',
    access: 'configuration:read',
    scope: 'shared',
    query: affiliateListQuerySchema,
    answers: { 200: { description: 'A page.', schema: affiliatePageSchema } },
  })
  listAffiliates(@Req() request: FastifyRequest, @Res() reply: FastifyReply) {
    return this.forwarder.forward('offers-service', request, reply);
  }

  @Endpoint({
    method: 'POST',
    path: '/v1/affiliates',
    tag,
    summary: 'Create an affiliate',
    access: 'configuration:write',
    scope: 'network-wide',
    body: { schema: affiliateInputSchema, example: { name: 'Acme Media' } },
    answers: changeAnswers(201, affiliateSchema),
  })
  createAffiliate(@Req() request: FastifyRequest, @Res() reply: FastifyReply) {
    return this.forwarder.forward('offers-service', request, reply);
  }

  @Endpoint({
    method: 'GET',
    path: '/v1/affiliates/:affiliateId',
    tag,
    summary: 'Read an affiliate',
    access: 'configuration:read',
    scope: 'shared',
    answers: { 200: { description: 'The affiliate.', schema: affiliateSchema, headers: ['ETag'] } },
  })
  readAffiliate(@Req() request: FastifyRequest, @Res() reply: FastifyReply) {
    return this.forwarder.forward('offers-service', request, reply);
  }

  @Endpoint({
    method: 'PATCH',
    path: '/v1/affiliates/:affiliateId',
    tag,
    summary: 'Edit an affiliate',
    access: 'configuration:write',
    scope: 'network-wide',
    before: '/v1/affiliates/:affiliateId',
    headers: ['If-Match'],
    body: { schema: affiliatePatchSchema, example: { name: 'Acme Media GmbH' } },
    answers: changeAnswers(200, affiliateSchema),
  })
  editAffiliate(@Req() request: FastifyRequest, @Res() reply: FastifyReply) {
    return this.forwarder.forward('offers-service', request, reply);
  }
}
