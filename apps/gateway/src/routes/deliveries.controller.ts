import { Controller, Req, Res } from '@nestjs/common';
import { deliveryDetailSchema, deliveryListQuerySchema, deliveryPageSchema } from '@ringback/contracts';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Endpoint } from '../http/endpoint.js';
import { Forwarder } from '../upstream/forwarder.js';

/** Owned by dispatcher-service. */
@Controller()
export class DeliveriesController {
  constructor(private readonly forwarder: Forwarder) {}

  @Endpoint({
    method: 'GET',
    path: '/v1/deliveries',
    tag: 'Deliveries',
    summary: 'List deliveries',
    description:
      'Newest first; filters are combined. `from` and `to` are about when the event was recorded. A page that took too long to search ends ' +
      'early, perhaps empty, and says how far it looked (`searchedThrough`): its cursor goes on from there.',
    access: 'deliveries:read',
    scope: 'filtered',
    query: deliveryListQuerySchema,
    answers: { 200: { description: 'A page.', schema: deliveryPageSchema } },
  })
  listDeliveries(@Req() request: FastifyRequest, @Res() reply: FastifyReply) {
    return this.forwarder.forward('dispatcher-service', request, reply);
  }

  @Endpoint({
    method: 'GET',
    path: '/v1/deliveries/:deliveryId',
    tag: 'Deliveries',
    summary: 'Read a delivery with its attempts',
    description:
      'Every attempt: the request as it was sent, secrets masked, and as a `curl` command; what was answered (1 KiB of it when 2xx, else 16); ' +
      'how long each step took; why it failed. `nextAttemptAt` is when the next one is due.',
    access: 'deliveries:read',
    scope: 'delivery',
    answers: { 200: { description: 'The delivery.', schema: deliveryDetailSchema } },
  })
  readDelivery(@Req() request: FastifyRequest, @Res() reply: FastifyReply) {
    return this.forwarder.forward('dispatcher-service', request, reply);
  }
}
