import { Body, Controller, HttpCode, Inject, Param, Post } from '@nestjs/common';
import {
  expectedDeliveriesRequestSchema,
  uuidSchema,
  type ExpectedDeliveriesAnswer,
  type ExpectedDeliveriesRequest,
} from '@ringback/contracts';
import { body, param } from '@ringback/service-runtime';
import { ExpectedDeliveries } from './expected-deliveries.js';

/** All offers: no caller is limited to some yet. */
const ALL_OFFERS = null;

/** For whoever explains what became of a conversion: a question, though its length makes it a POST. */
@Controller('v1/conversions/:conversionId/expected-deliveries')
export class ExpectedDeliveriesController {
  constructor(@Inject(ExpectedDeliveries) private readonly expected: ExpectedDeliveries) {}

  @Post()
  @HttpCode(200)
  read(
    @Param('conversionId', param('conversionId', uuidSchema)) conversionId: string,
    @Body(body(expectedDeliveriesRequestSchema)) request: ExpectedDeliveriesRequest,
  ): Promise<ExpectedDeliveriesAnswer> {
    return this.expected.read(conversionId, request, ALL_OFFERS);
  }
}
