import { Controller, Query, Req, Res } from '@nestjs/common';
import { conversionExplanationSchema, explanationQuerySchema, type ExplanationQuery } from '@ringback/contracts';
import { query } from '@ringback/service-runtime';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Endpoint } from '../http/endpoint.js';
import { ConversionExplanations } from '../upstream/conversion-explanations.js';

/** Joined from conversions-service, offers-service and dispatcher-service. */
@Controller()
export class ExplanationsController {
  constructor(private readonly explanations: ConversionExplanations) {}

  @Endpoint({
    method: 'GET',
    path: '/v1/conversions/:conversionId/explanation',
    tag: 'Conversions',
    summary: 'Explain why each callback fired for a conversion, or did not',
    description:
      'For each event of the conversion, oldest first: every callback of its offer as it was then, condition by condition, and what became of its delivery. While the dispatcher cannot answer, `missing` says so.',
    access: 'conversions:read',
    scope: 'conversion',
    query: explanationQuerySchema,
    answers: { 200: { description: 'A page of its events.', schema: conversionExplanationSchema } },
  })
  explainConversion(
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
    @Query(query(explanationQuerySchema)) page: ExplanationQuery,
  ) {
    return this.explanations.answer(request, reply, page);
  }
}
