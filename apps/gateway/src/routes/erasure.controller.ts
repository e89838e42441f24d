import { Controller, Req, Res } from '@nestjs/common';
import { conversionDetailSchema } from '@ringback/contracts';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Endpoint } from '../http/endpoint.js';
import { Forwarder } from '../upstream/forwarder.js';

/** Owned by conversions-service, which tells dispatcher-service. */
@Controller()
export class ErasureController {
  constructor(private readonly forwarder: Forwarder) {}

  @Endpoint({
    method: 'POST',
    path: '/v1/conversions/:conversionId/erasure',
    tag: 'Conversions',
    summary: 'Erase the personal data of a conversion',
    description:
      'For good: the fields whose macros the catalogue flags (`pii`), and all of `params`. What the delivery log kept of requests and answers goes too, a moment later; what is still to be sent has empty values from then on. Ids, amounts, statuses and counts stay. Events in Kafka carry the data until they are 7 days old. Again, it changes nothing.',
    access: 'conversions:erase',
    scope: 'conversion',
    answers: { 200: { description: 'What is left of it, with `erasedAt`.', schema: conversionDetailSchema } },
  })
  eraseConversion(@Req() request: FastifyRequest, @Res() reply: FastifyReply) {
    return this.forwarder.forward('conversions-service', request, reply);
  }
}
