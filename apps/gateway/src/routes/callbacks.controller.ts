import { Controller, Req, Res } from '@nestjs/common';
import {
  callbackDiffQuerySchema,
  callbackDiffSchema,
  callbackInputSchema,
  callbackListQuerySchema,
  callbackPatchSchema,
  callbackSchema,
  callbackTestInputSchema,
  callbackTestSchema,
  pageQueryShape,
  previewInputSchema,
  previewSchema,
} from '@ringback/contracts';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { Endpoint } from '../http/endpoint.js';
import { CallbackTest } from '../upstream/callback-test.js';
import { Forwarder } from '../upstream/forwarder.js';
import { PreviewConversion } from '../upstream/preview-conversion.js';
import { changeAnswers, deletionAnswers } from './configuration-answers.js';
import { callbackPageSchema, callbackVersionPageSchema } from './named-schemas.js';

const tag = 'Callbacks';
const input = {
  affiliateId: 7,
  conversionStatus: 'done',
  url: 'https://tracker.example.com/postback?click={click_id}&sum={payout}',
  httpType: 'GET',
};

/** Owned by offers-service; dispatcher-service sends their tests. */
@Controller()
export class CallbacksController {
  constructor(
    private readonly forwarder: Forwarder,
    private readonly previewConversion: PreviewConversion,
    private readonly callbackTest: CallbackTest,
  ) {}

  @Endpoint({
    method: 'GET',
    path: '/v1/offers/:offerId/callbacks',
    tag,
    summary: 'List the callbacks of an offer',
    access: 'configuration:read',
    scope: 'offer-path',
    query: callbackListQuerySchema,
    answers: { 200: { description: 'A page.', schema: callbackPageSchema } },
  })
  listCallbacks(@Req() request: FastifyRequest, @Res() reply: FastifyReply) {
    return this.forwarder.forward('offers-service', request, reply);
  }

  @Endpoint({
    method: 'POST',
    path: '/v1/offers/:offerId/callbacks',
    tag,
    summary: 'Create a callback',
    description: 'Secrets are write-only: answers say whether they are set.',
    access: 'configuration:write',
    scope: 'offer-path',
    body: { schema: callbackInputSchema, example: input },
    answers: changeAnswers(201, callbackSchema),
  })
  createCallback(@Req() request: FastifyRequest, @Res() reply: FastifyReply) {
    return this.forwarder.forward('offers-service', request, reply);
  }

  @Endpoint({
    method: 'POST',
    path: '/v1/offers/:offerId/callbacks/preview',
    tag,
    summary: 'Render the request of an unsaved callback',
    description: 'Sends nothing. Renders for the conversion given by its id, else for a sample.',
    access: 'configuration:write',
    scope: 'offer-path',
    audit: 'never',
    body: { schema: previewInputSchema, example: { callback: input } },
    answers: { 200: { description: 'The request, secrets masked, and what had to be bent.', schema: previewSchema } },
  })
  async previewCallback(@Req() request: FastifyRequest, @Res() reply: FastifyReply) {
    return this.forwarder.forward('offers-service', request, reply, await this.previewConversion.fillIn(request));
  }

  @Endpoint({
    method: 'GET',
    path: '/v1/offers/:offerId/callbacks/:callbackId',
    tag,
    summary: 'Read a callback',
    access: 'configuration:read',
    scope: 'offer-path',
    answers: { 200: { description: 'The callback.', schema: callbackSchema, headers: ['ETag'] } },
  })
  readCallback(@Req() request: FastifyRequest, @Res() reply: FastifyReply) {
    return this.forwarder.forward('offers-service', request, reply);
  }

  @Endpoint({
    method: 'PATCH',
    path: '/v1/offers/:offerId/callbacks/:callbackId',
    tag,
    summary: 'Edit a callback',
    description: 'What is left out stays, secrets too.',
    access: 'configuration:write',
    scope: 'offer-path',
    before: '/v1/offers/:offerId/callbacks/:callbackId',
    headers: ['If-Match'],
    body: { schema: callbackPatchSchema, example: { enabled: false } },
    answers: changeAnswers(200, callbackSchema),
  })
  editCallback(@Req() request: FastifyRequest, @Res() reply: FastifyReply) {
    return this.forwarder.forward('offers-service', request, reply);
  }

  @Endpoint({
    method: 'DELETE',
    path: '/v1/offers/:offerId/callbacks/:callbackId',
    tag,
    summary: 'Delete a callback',
    description: 'It can be restored from its versions.',
    access: 'configuration:write',
    scope: 'offer-path',
    before: '/v1/offers/:offerId/callbacks/:callbackId',
    headers: ['If-Match'],
    answers: deletionAnswers,
  })
  deleteCallback(@Req() request: FastifyRequest, @Res() reply: FastifyReply) {
    return this.forwarder.forward('offers-service', request, reply);
  }

  @Endpoint({
    method: 'POST',
    path: '/v1/offers/:offerId/callbacks/:callbackId/test',
    tag,
    summary: 'Send one request of a callback now',
    description:
      'As a delivery would, disabled or not, for the conversion given by its id, else for a sample. Counts nowhere. Answers when the receiver did, or the callback would wait no longer (30 s at most).',
    access: 'configuration:write',
    scope: 'offer-path',
    body: { schema: callbackTestInputSchema, example: {} },
    answers: { 200: { description: 'The request as sent, secrets masked, and what came of it.', schema: callbackTestSchema } },
    problems: [429],
  })
  testCallback(@Req() request: FastifyRequest, @Res() reply: FastifyReply) {
    return this.callbackTest.run(request, reply);
  }

  @Endpoint({
    method: 'GET',
    path: '/v1/offers/:offerId/callbacks/:callbackId/versions',
    tag,
    summary: 'List the versions of a callback',
    description: 'Newest first, each with who made it, when, and its changes against the one before; of a deleted callback too.',
    access: 'configuration:read',
    scope: 'offer-path',
    query: z.strictObject(pageQueryShape),
    answers: { 200: { description: 'A page.', schema: callbackVersionPageSchema } },
  })
  listCallbackVersions(@Req() request: FastifyRequest, @Res() reply: FastifyReply) {
    return this.forwarder.forward('offers-service', request, reply);
  }

  @Endpoint({
    method: 'GET',
    path: '/v1/offers/:offerId/callbacks/:callbackId/versions/:version/diff',
    tag,
    summary: 'Compare a version of a callback with another',
    description: 'With what the callback is now, or with the version `to`. Secrets are said to differ, never shown.',
    access: 'configuration:read',
    scope: 'offer-path',
    query: callbackDiffQuerySchema,
    answers: { 200: { description: 'The changes from the one to the other.', schema: callbackDiffSchema } },
  })
  compareCallbackVersions(@Req() request: FastifyRequest, @Res() reply: FastifyReply) {
    return this.forwarder.forward('offers-service', request, reply);
  }

  @Endpoint({
    method: 'POST',
    path: '/v1/offers/:offerId/callbacks/:callbackId/versions/:version/restore',
    tag,
    summary: 'Make a callback again what it was in a version',
    description: 'As a new version. A deleted callback comes back.',
    access: 'configuration:write',
    scope: 'offer-path',
    before: '/v1/offers/:offerId/callbacks/:callbackId',
    headers: ['If-Match'],
    answers: changeAnswers(200, callbackSchema),
  })
  restoreCallbackVersion(@Req() request: FastifyRequest, @Res() reply: FastifyReply) {
    return this.forwarder.forward('offers-service', request, reply);
  }
}
