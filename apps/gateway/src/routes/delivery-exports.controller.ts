import { Controller, Req, Res } from '@nestjs/common';
import { deliveryExportQuerySchema } from '@ringback/contracts';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { Endpoint } from '../http/endpoint.js';
import { Forwarder } from '../upstream/forwarder.js';

/** Owned by dispatcher-service. */
@Controller()
export class DeliveryExportsController {
  constructor(private readonly forwarder: Forwarder) {}

  @Endpoint({
    method: 'GET',
    path: '/v1/deliveries/export',
    tag: 'Deliveries',
    summary: 'Export deliveries as NDJSON or CSV',
    description:
      'All that the filters match, newest first, as it is read. An export that cannot go on breaks off the connection: an answer that ends as HTTP says is whole. ' +
      'In CSV (RFC 4180, a row of names first) a cell that a spreadsheet would take for a formula, since it begins with `=`, `+`, `-`, `@`, a tab or a carriage return, has an apostrophe before it. ' +
      'A caller has two exports at once at most, a dispatcher four.',
    access: 'deliveries:read',
    scope: 'filtered',
    query: deliveryExportQuerySchema,
    answers: {
      200: { description: 'The deliveries.', schema: z.string(), mediaTypes: ['application/x-ndjson', 'text/csv'] },
    },
    problems: [429],
  })
  exportDeliveries(@Req() request: FastifyRequest, @Res() reply: FastifyReply) {
    return this.forwarder.stream('dispatcher-service', request, reply);
  }
}
