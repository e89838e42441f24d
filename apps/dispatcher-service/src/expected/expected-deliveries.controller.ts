import { Body, Controller, HttpCode, Inject, Param, Post } from '@nestjs/common';
import {
  expectedDeliveriesRequestSchema,
  uuidSchema,
  type ExpectedDeliveriesAnswer,
  type ExpectedDeliveriesRequest,
} from '@ringback/contracts';
import { body, CurrentActor, param, type Actor } from '@ringback/service-runtime';
import { ExpectedDeliveries } from './expected-deliveries.js';

/** For whoever explains what became of a conversion: a question, though its length makes it a POST. */
@Controller('v1/conversions/:conversionId/expected-deliveries')
export class ExpectedDeliveriesController {
  constructor(@Inject(ExpectedDeliveries) private readonly expected: ExpectedDeliveries) {}

  @Post()
  @HttpCode(200)
  read(
    @CurrentActor() { offerIds }: Actor,
    @Param('conversionId', param('conversionId', uuidSchema)) conversionId: string,
    @Body(body(expectedDeliveriesRequestSchema)) request: ExpectedDeliveriesRequest,
  ): Promise<ExpectedDeliveriesAnswer> {
    return this.expected.read(conversionId, request, offerIds);
  }
}
