import { Controller, Req, Res } from '@nestjs/common';
import { failingCallbackListQuerySchema, failingCallbackPageSchema } from '@ringback/contracts';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Endpoint } from '../http/endpoint.js';
import { Forwarder } from '../upstream/forwarder.js';

const example = {
  items: [
    {
      callbackId: 42,
      offerId: 7,
      affiliateId: 3,
      failingSince: '2026-01-01T12:00:00.000Z',
      failedAttempts: 31,
      givenUp: false,
      disabledAfter: '2026-01-06T12:00:00.000Z',
    },
  ],
  nextCursor: null,
};

/** Owned by dispatcher-service. */
@Controller()
export class FailingCallbacksController {
  constructor(private readonly forwarder: Forwarder) {}

  @Endpoint({
    method: 'GET',
    path: '/v1/failing-callbacks',
    tag: 'Deliveries',
    summary: 'Callbacks that are about to be disabled, and those that were',
    description:
      'Without one success for a day or longer, those that fail the longest first. After five days, or when its receiver answers 410, a callback is given up and disabled until an admin enables it.',
    access: 'deliveries:read',
    scope: 'filtered',
    query: failingCallbackListQuerySchema,
    answers: { 200: { description: 'A page.', schema: failingCallbackPageSchema, example } },
  })
  listFailingCallbacks(@Req() request: FastifyRequest, @Res() reply: FastifyReply) {
    return this.forwarder.forward('dispatcher-service', request, reply);
  }
}
