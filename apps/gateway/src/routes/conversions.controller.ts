import { Controller, Req, Res } from '@nestjs/common';
import {
  batchAnswerSchema,
  conversionInputSchema,
  conversionListQuerySchema,
  conversionPageSchema,
  conversionSchema,
  statusChangeInputSchema,
} from '@ringback/contracts';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Endpoint } from '../http/endpoint.js';
import { ConversionDeliveries } from '../upstream/conversion-deliveries.js';
import { Forwarder } from '../upstream/forwarder.js';
import { conversionBatchSchema, conversionWithDeliveriesSchema, statusBatchSchema } from './named-schemas.js';

const tag = 'Conversions';
/** A thousand conversions of 8 KB. */
const BATCH_LIMIT_BYTES = 8 * 1024 * 1024;

const input = {
  offerId: 1,
  affiliateId: 7,
  status: 'pending',
  transactionId: 'T-100042',
  clickId: 'c7f3e9a1b2',
  payout: '12.50',
  currency: 'EUR',
};
const statuses = { items: [{ id: '01941f29-7c00-7a3e-9f10-5c2d8e41b6a7', status: 'done' }] };

/** Owned by conversions-service. */
@Controller()
export class ConversionsController {
  constructor(
    private readonly forwarder: Forwarder,
    private readonly conversionDeliveries: ConversionDeliveries,
  ) {}

  @Endpoint({
    method: 'POST',
    path: '/v1/conversions',
    tag,
    summary: 'Record a conversion',
    description:
      'The same `Idempotency-Key`, or the same `transactionId` within the offer, answers the first conversion; keys are kept 7 days.',
    access: 'conversions:write',
    scope: 'body',
    audit: 'people',
    headers: ['Idempotency-Key'],
    body: { schema: conversionInputSchema, example: input },
    answers: {
      201: { description: 'Recorded.', schema: conversionSchema },
      200: { description: 'Recorded before: the first conversion.', schema: conversionSchema },
    },
    problems: [409],
  })
  recordConversion(@Req() request: FastifyRequest, @Res() reply: FastifyReply) {
    return this.forwarder.forward('conversions-service', request, reply);
  }

  @Endpoint({
    method: 'POST',
    path: '/v1/conversions/batch',
    tag,
    summary: 'Record up to 1,000 conversions',
    description: 'An answer per item, in their order; one bad item spoils none of the others.',
    access: 'conversions:write',
    scope: 'body',
    audit: 'people',
    body: { schema: conversionBatchSchema, example: { items: [{ ...input, idempotencyKey: 'import-42-1' }] } },
    bodyLimitBytes: BATCH_LIMIT_BYTES,
    answers: { 200: { description: 'What became of each item.', schema: batchAnswerSchema } },
  })
  recordConversions(@Req() request: FastifyRequest, @Res() reply: FastifyReply) {
    return this.forwarder.forward('conversions-service', request, reply);
  }

  @Endpoint({
    method: 'PUT',
    path: '/v1/conversions/:conversionId/status',
    tag,
    summary: "Change a conversion's status",
    description: 'The status it has already changes nothing and fires nothing.',
    access: 'conversions:write',
    scope: 'conversion',
    before: '/v1/conversions/:conversionId',
    audit: 'people',
    body: { schema: statusChangeInputSchema, example: { status: 'rejected', rejectReason: 'duplicate lead' } },
    answers: { 200: { description: 'The conversion as it is now.', schema: conversionSchema } },
    problems: [409],
  })
  changeStatus(@Req() request: FastifyRequest, @Res() reply: FastifyReply) {
    return this.forwarder.forward('conversions-service', request, reply);
  }

  @Endpoint({
    method: 'POST',
    path: '/v1/conversions/statuses',
    tag,
    summary: 'Change the status of up to 1,000 conversions',
    access: 'conversions:write',
    scope: 'body',
    audit: 'people',
    body: { schema: statusBatchSchema, example: statuses },
    bodyLimitBytes: BATCH_LIMIT_BYTES,
    answers: { 200: { description: 'What became of each item.', schema: batchAnswerSchema } },
  })
  changeStatuses(@Req() request: FastifyRequest, @Res() reply: FastifyReply) {
    return this.forwarder.forward('conversions-service', request, reply);
  }

  @Endpoint({
    method: 'GET',
    path: '/v1/conversions',
    tag,
    summary: 'List conversions',
    description:
      'Newest first. A page stops after 150 ms of searching and returns what it found, with a cursor and how far it has looked (`searchedThrough`).',
    access: 'conversions:read',
    scope: 'filtered',
    query: conversionListQuerySchema,
    answers: { 200: { description: 'A page.', schema: conversionPageSchema } },
  })
  listConversions(@Req() request: FastifyRequest, @Res() reply: FastifyReply) {
    return this.forwarder.forward('conversions-service', request, reply);
  }

  @Endpoint({
    method: 'GET',
    path: '/v1/conversions/:conversionId',
    tag,
    summary: 'Read a conversion with its status history and its deliveries',
    description:
      '`deliveries` are the newest 200, null while the dispatcher cannot answer; more by `GET /v1/deliveries?conversionId=…&cursor=` with `deliveriesCursor`.',
    access: 'conversions:read',
    scope: 'conversion',
    answers: { 200: { description: 'The conversion.', schema: conversionWithDeliveriesSchema } },
  })
  readConversion(@Req() request: FastifyRequest, @Res() reply: FastifyReply) {
    return this.conversionDeliveries.answer(request, reply);
  }
}
