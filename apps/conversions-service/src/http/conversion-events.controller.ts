import { Controller, Get, Inject, Param, Query } from '@nestjs/common';
import { explanationQuerySchema, uuidSchema, type ConversionEvents } from '@ringback/contracts';
import { CurrentActor, param, problem, query, type Actor } from '@ringback/service-runtime';
import type { z } from 'zod';
import type { LedgerContext } from '../ledger/ledger-context.js';
import { listConversionEvents } from './conversion-events.read-model.js';
import { LEDGER_CONTEXT } from './conversions.controller.js';

const pageSchema = explanationQuerySchema.omit({ callbackId: true });

/** For whoever explains what became of a conversion: its events, and whether they are on Kafka. */
@Controller('v1/conversions/:id/events')
export class ConversionEventsController {
  constructor(@Inject(LEDGER_CONTEXT) private readonly context: LedgerContext) {}

  @Get()
  async list(
    @CurrentActor() { offerIds }: Actor,
    @Param('id', param('id', uuidSchema)) id: string,
    @Query(query(pageSchema)) page: z.infer<typeof pageSchema>,
  ): Promise<ConversionEvents> {
    const events = await listConversionEvents(this.context.pool, id, offerIds, page);
    if (events === null) throw problem.notFound(`conversion ${id}`);
    return events;
  }
}
