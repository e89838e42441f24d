import { Controller, Req, Res } from '@nestjs/common';
import {
  goalInputSchema,
  goalPatchSchema,
  goalSchema,
  offerInputSchema,
  offerListQuerySchema,
  offerPatchSchema,
  offerSchema,
  pageQueryShape,
} from '@ringback/contracts';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { Endpoint } from '../http/endpoint.js';
import { Forwarder } from '../upstream/forwarder.js';
import { changeAnswers } from './configuration-answers.js';
import { goalPageSchema, offerPageSchema } from './named-schemas.js';

/** Offers and their goals, which are part of the offer: their ETag is the offer's. Owned by offers-service. */
@Controller()
export class OffersController {
  constructor(private readonly forwarder: Forwarder) {}

  @Endpoint({
    method: 'GET',
    path: '/v1/offers',
    tag: 'Offers',
    summary: 'List offers',
    access: 'configuration:read',
    scope: 'filtered',
    query: offerListQuerySchema,
    answers: { 200: { description: 'A page.', schema: offerPageSchema } },
  })
  listOffers(@Req() request: FastifyRequest, @Res() reply: FastifyReply) {
    return this.forwarder.forward('offers-service', request, reply);
  }

  @Endpoint({
    method: 'POST',
    path: '/v1/offers',
    tag: 'Offers',
    summary: 'Create an offer',
    access: 'configuration:write',
    scope: 'network-wide',
    body: { schema: offerInputSchema, example: { name: 'Casino sign-up DE', goalsEnabled: true } },
    answers: changeAnswers(201, offerSchema),
  })
  createOffer(@Req() request: FastifyRequest, @Res() reply: FastifyReply) {
    return this.forwarder.forward('offers-service', request, reply);
  }

  @Endpoint({
    method: 'GET',
    path: '/v1/offers/:offerId',
    tag: 'Offers',
    summary: 'Read an offer',
    access: 'configuration:read',
    scope: 'offer-path',
    answers: { 200: { description: 'The offer with its goals.', schema: offerSchema, headers: ['ETag'] } },
  })
  readOffer(@Req() request: FastifyRequest, @Res() reply: FastifyReply) {
    return this.forwarder.forward('offers-service', request, reply);
  }

  @Endpoint({
    method: 'PATCH',
    path: '/v1/offers/:offerId',
    tag: 'Offers',
    summary: 'Edit an offer: its name, its status, whether its goals count',
    access: 'configuration:write',
    scope: 'offer-path',
    before: '/v1/offers/:offerId',
    headers: ['If-Match'],
    body: { schema: offerPatchSchema, example: { goalsEnabled: false } },
    answers: changeAnswers(200, offerSchema),
  })
  editOffer(@Req() request: FastifyRequest, @Res() reply: FastifyReply) {
    return this.forwarder.forward('offers-service', request, reply);
  }

  @Endpoint({
    method: 'GET',
    path: '/v1/offers/:offerId/goals',
    tag: 'Offers',
    summary: 'List the goals of an offer',
    access: 'configuration:read',
    scope: 'offer-path',
    query: z.strictObject(pageQueryShape),
    answers: { 200: { description: 'A page; archived goals too.', schema: goalPageSchema } },
  })
  listGoals(@Req() request: FastifyRequest, @Res() reply: FastifyReply) {
    return this.forwarder.forward('offers-service', request, reply);
  }

  @Endpoint({
    method: 'POST',
    path: '/v1/offers/:offerId/goals',
    tag: 'Offers',
    summary: 'Create a goal',
    access: 'configuration:write',
    scope: 'offer-path',
    before: '/v1/offers/:offerId',
    headers: ['If-Match'],
    body: { schema: goalInputSchema, example: { name: 'First deposit' } },
    answers: changeAnswers(201, goalSchema),
  })
  createGoal(@Req() request: FastifyRequest, @Res() reply: FastifyReply) {
    return this.forwarder.forward('offers-service', request, reply);
  }

  @Endpoint({
    method: 'PATCH',
    path: '/v1/offers/:offerId/goals/:goalId',
    tag: 'Offers',
    summary: 'Edit or archive a goal',
    description: 'An archived goal refuses new conversions; those it has still change status and fire.',
    access: 'configuration:write',
    scope: 'offer-path',
    before: '/v1/offers/:offerId',
    headers: ['If-Match'],
    body: { schema: goalPatchSchema, example: { archived: true } },
    answers: changeAnswers(200, goalSchema),
  })
  editGoal(@Req() request: FastifyRequest, @Res() reply: FastifyReply) {
    return this.forwarder.forward('offers-service', request, reply);
  }

  @Endpoint({
    method: 'DELETE',
    path: '/v1/offers/:offerId/goals/:goalId',
    tag: 'Offers',
    summary: 'Archive a goal',
    description: 'The same as editing it to `archived: true`.',
    access: 'configuration:write',
    scope: 'offer-path',
    before: '/v1/offers/:offerId',
    headers: ['If-Match'],
    answers: changeAnswers(200, goalSchema),
  })
  archiveGoal(@Req() request: FastifyRequest, @Res() reply: FastifyReply) {
    return this.forwarder.forward('offers-service', request, reply);
  }
}
