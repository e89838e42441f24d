import { Controller, Get, Inject, Query, Res } from '@nestjs/common';
import { deliveryExportQuerySchema, EXPORT_CONTENT_TYPES, type DeliveryExportQuery } from '@ringback/contracts';
import { CurrentActor, query, type Actor } from '@ringback/service-runtime';
import type { FastifyReply } from 'fastify';
import { DeliveryExports } from './delivery-exports.js';

/** The delivery log as a file. */
@Controller('v1/deliveries/export')
export class DeliveryExportsController {
  constructor(@Inject(DeliveryExports) private readonly exports: DeliveryExports) {}

  @Get()
  export(
    @Query(query(deliveryExportQuerySchema)) filter: DeliveryExportQuery,
    @CurrentActor() { name, offerIds }: Actor,
    @Res() reply: FastifyReply,
  ): void {
    const stream = this.exports.start(filter, name, offerIds);
    void reply
      .type(EXPORT_CONTENT_TYPES[filter.format])
      .header('content-disposition', `attachment; filename="deliveries.${filter.format}"`)
      .send(stream);
  }
}
