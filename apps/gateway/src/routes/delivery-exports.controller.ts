import { Controller, Req, Res } from '@nestjs/common';
import { deliveryExportQuerySchema, deliverySchema } from '@ringback/contracts';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { Endpoint } from '../http/endpoint.js';
import { Forwarder } from '../upstream/forwarder.js';
import { exampleOf } from './schema-examples.js';

const ndjson = `${JSON.stringify(exampleOf(deliverySchema))}\n`;
const csv =
  'id,recordedAt,settledAt,status,httpStatus,attempts,offerId,affiliateId,callbackId,conversionId,conversionVersion,conversionStatus,eventType,eventId,destination,nextAttemptAt,redeliveryOf,error\r\n' +
  '01b77890-8e00-8a56-935a-1533dc9d14b2,2026-01-01T12:00:00.000Z,2026-01-01T12:00:00.120Z,delivered,200,1,1,7,12,01b77890-8e00-7a3e-9f10-5c2d8e41b6a7,1,done,ConversionCreated,01b77890-8e00-7a3e-9f10-5c2d8e41b6a6,https://tracker.example.com:443,,,\r\n';

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
      200: { description: 'The deliveries.', schema: z.string(), mediaTypes: { 'application/x-ndjson': ndjson, 'text/csv': csv } },
    },
    problems: [429],
  })
  exportDeliveries(@Req() request: FastifyRequest, @Res() reply: FastifyReply) {
    return this.forwarder.stream('dispatcher-service', request, reply);
  }
}
