import { Controller, Req, Res } from '@nestjs/common';
import {
  deliverySchema,
  redeliverInputSchema,
  redeliveryDryRunSchema,
  redeliveryInputSchema,
  redeliveryListQuerySchema,
  redeliveryPageSchema,
  redeliverySchema,
} from '@ringback/contracts';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Endpoint } from '../http/endpoint.js';
import { Forwarder } from '../upstream/forwarder.js';

const tag = 'Redeliveries';
const filter = { offerId: 12, affiliateId: 7, status: 'exhausted', from: '2026-01-01T00:00:00.000Z', to: '2026-01-02T00:00:00.000Z' };
const example = {
  id: '019b7a5e-1000-8b6e-9c1d-3f2a4b5c6d7e',
  state: 'running',
  filter,
  asNew: false,
  ratePerSecond: 500,
  createdBy: 'ada@example.com',
  createdAt: '2026-01-02T09:00:00.000Z',
  total: 50_000,
  totalIsExact: true,
  enqueued: 10_000,
  waiting: 40,
  delivered: 9_950,
  failed: 10,
  withdrawn: 0,
  skipped: [{ reason: 'callback-deleted', count: 200 }],
  waitsFor: null,
  expectedEndAt: '2026-01-02T09:01:40.000Z',
  finishedAt: null,
};
const answers = (description: string) => ({ 200: { description, schema: redeliverySchema, example } });

/** Owned by dispatcher-service. */
@Controller()
export class RedeliveriesController {
  constructor(private readonly forwarder: Forwarder) {}

  @Endpoint({
    method: 'POST',
    path: '/v1/deliveries/:deliveryId/redeliver',
    tag,
    summary: 'Send a delivery again',
    description:
      'One attempt now, with the configuration of today, for one that was delivered, exhausted or cancelled: under the same id, or with `asNew` as a delivery of its own with an id of its own. It waits for limits of rate, pauses and breakers as any other. One that was delivered stays so, whatever comes of it. Asked for again while it is under way, it is sent once.',
    access: 'deliveries:write',
    scope: 'delivery',
    body: { schema: redeliverInputSchema, example: { asNew: false } },
    answers: { 202: { description: 'The delivery, or the new one.', schema: deliverySchema } },
    problems: [409, 410],
  })
  redeliver(@Req() request: FastifyRequest, @Res() reply: FastifyReply) {
    return this.forwarder.forward('dispatcher-service', request, reply);
  }

  @Endpoint({
    method: 'GET',
    path: '/v1/redeliveries',
    tag,
    summary: 'List redeliveries',
    description: 'Newest first.',
    access: 'deliveries:read',
    scope: 'filtered',
    query: redeliveryListQuerySchema,
    answers: { 200: { description: 'A page.', schema: redeliveryPageSchema, example: { items: [example], nextCursor: null } } },
  })
  listRedeliveries(@Req() request: FastifyRequest, @Res() reply: FastifyReply) {
    return this.forwarder.forward('dispatcher-service', request, reply);
  }

  @Endpoint({
    method: 'POST',
    path: '/v1/redeliveries',
    tag,
    summary: 'Send again all that a filter matches',
    description:
      'Deliveries recorded from `from` until before `to` that have ended by now, each once, at most `ratePerSecond` a second. With `dryRun` nothing is sent: the answer says how many there are, and shows the first. What cannot be sent is skipped, and counted with its reason.',
    access: 'deliveries:write',
    scope: 'body',
    body: { schema: redeliveryInputSchema, example: { filter, ratePerSecond: 500 } },
    answers: {
      201: { description: 'It is under way.', schema: redeliverySchema, example },
      200: { description: 'The dry run.', schema: redeliveryDryRunSchema, example: { count: 50_000, isExact: true, sample: [] } },
    },
    problems: [409],
  })
  createRedelivery(@Req() request: FastifyRequest, @Res() reply: FastifyReply) {
    return this.forwarder.forward('dispatcher-service', request, reply);
  }

  @Endpoint({
    method: 'GET',
    path: '/v1/redeliveries/:redeliveryId',
    tag,
    summary: 'Read how far a redelivery is',
    access: 'deliveries:read',
    scope: 'delivery',
    answers: answers('The redelivery.'),
  })
  readRedelivery(@Req() request: FastifyRequest, @Res() reply: FastifyReply) {
    return this.forwarder.forward('dispatcher-service', request, reply);
  }

  @Endpoint({
    method: 'POST',
    path: '/v1/redeliveries/:redeliveryId/pause',
    tag,
    summary: 'Hold a redelivery',
    description: 'What is not under way yet is kept for when it is resumed.',
    access: 'deliveries:write',
    scope: 'delivery',
    answers: answers('It is paused.'),
    problems: [409],
  })
  pauseRedelivery(@Req() request: FastifyRequest, @Res() reply: FastifyReply) {
    return this.forwarder.forward('dispatcher-service', request, reply);
  }

  @Endpoint({
    method: 'POST',
    path: '/v1/redeliveries/:redeliveryId/resume',
    tag,
    summary: 'Let a redelivery go on',
    access: 'deliveries:write',
    scope: 'delivery',
    answers: answers('It goes on.'),
    problems: [409],
  })
  resumeRedelivery(@Req() request: FastifyRequest, @Res() reply: FastifyReply) {
    return this.forwarder.forward('dispatcher-service', request, reply);
  }

  @Endpoint({
    method: 'POST',
    path: '/v1/redeliveries/:redeliveryId/cancel',
    tag,
    summary: 'End a redelivery for good',
    description: 'What is not under way yet is taken back within a second, and stands in the log as before.',
    access: 'deliveries:write',
    scope: 'delivery',
    answers: answers('It is cancelled.'),
    problems: [409],
  })
  cancelRedelivery(@Req() request: FastifyRequest, @Res() reply: FastifyReply) {
    return this.forwarder.forward('dispatcher-service', request, reply);
  }
}
