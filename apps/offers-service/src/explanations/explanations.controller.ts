import { Body, Controller, HttpCode, Param, Post } from '@nestjs/common';
import { explanationRequestSchema, type ExplanationAnswer, type ExplanationRequest } from '@ringback/contracts';
import { body, CurrentActor, type Actor } from '@ringback/service-runtime';
import { idParam } from '../http/id-param.js';
import { ExplanationsService } from './explanations.service.js';

/** A question, though its length makes it a POST. The gateway asks it for a conversion's events. */
@Controller('v1/offers/:offerId/explanations')
export class ExplanationsController {
  constructor(private readonly explanations: ExplanationsService) {}

  @Post()
  @HttpCode(200)
  explain(
    @CurrentActor() { offerIds }: Actor,
    @Param('offerId', idParam('offerId')) offerId: number,
    @Body(body(explanationRequestSchema)) request: ExplanationRequest,
  ): Promise<ExplanationAnswer> {
    return this.explanations.explain(offerId, request, offerIds);
  }
}
