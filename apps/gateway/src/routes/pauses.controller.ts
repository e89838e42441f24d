import { Controller, Req, Res } from '@nestjs/common';
import { pauseInputSchema, pauseListQuerySchema, pausePageSchema, pauseSchema } from '@ringback/contracts';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Endpoint } from '../http/endpoint.js';
import { Forwarder } from '../upstream/forwarder.js';

const tag = 'Pauses';
const example = {
  id: 3,
  scope: 'destination',
  key: 'https://tracker.example.com:443',
  reason: 'maintenance until noon',
  createdBy: 'ada@example.com',
  createdAt: '2026-01-01T12:00:00.000Z',
};

/** Owned by dispatcher-service. */
@Controller()
export class PausesController {
  constructor(private readonly forwarder: Forwarder) {}

  @Endpoint({
    method: 'GET',
    path: '/v1/pauses',
    tag,
    summary: 'List pauses',
    description: 'Newest first.',
    access: 'deliveries:read',
    scope: 'network-wide',
    query: pauseListQuerySchema,
    answers: { 200: { description: 'A page.', schema: pausePageSchema, example: { items: [example], nextCursor: null } } },
  })
  listPauses(@Req() request: FastifyRequest, @Res() reply: FastifyReply) {
    return this.forwarder.forward('dispatcher-service', request, reply);
  }

  @Endpoint({
    method: 'POST',
    path: '/v1/pauses',
    tag,
    summary: 'Stop deliveries: all, to a destination, for an affiliate, or of a callback',
    description:
      'What is due meanwhile is kept and uses up no attempt. `key` is the scheme, host and port of the destination, or the id of the affiliate or callback; none for `all`.',
    access: 'deliveries:write',
    scope: 'network-wide',
    body: {
      schema: pauseInputSchema,
      example: { scope: 'destination', key: 'https://tracker.example.com', reason: 'maintenance until noon' },
    },
    answers: {
      201: { description: 'Paused.', schema: pauseSchema, example },
      200: { description: 'Paused before: that pause, with its own reason.', schema: pauseSchema, example },
    },
    problems: [409],
  })
  createPause(@Req() request: FastifyRequest, @Res() reply: FastifyReply) {
    return this.forwarder.forward('dispatcher-service', request, reply);
  }

  @Endpoint({
    method: 'DELETE',
    path: '/v1/pauses/:pauseId',
    tag,
    summary: 'Let deliveries go on',
    access: 'deliveries:write',
    scope: 'network-wide',
    answers: { 204: { description: 'What was kept goes out, unless another pause holds it too.', schema: null } },
  })
  deletePause(@Req() request: FastifyRequest, @Res() reply: FastifyReply) {
    return this.forwarder.forward('dispatcher-service', request, reply);
  }
}
