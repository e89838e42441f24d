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
    description: 'Newest first. A page that took too long to search ends early and says how far it looked (`searchedThrough`).',
    access: 'deliveries:read',
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
    description: 'Requests as they were sent, secrets masked, and what was answered.',
    access: 'deliveries:read',
    answers: { 200: { description: 'The delivery.', schema: deliveryDetailSchema } },
  })
  readDelivery(@Req() request: FastifyRequest, @Res() reply: FastifyReply) {
    return this.forwarder.forward('dispatcher-service', request, reply);
  }
}
