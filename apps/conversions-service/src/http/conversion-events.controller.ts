import { Controller, Get, Inject, Param, Query } from '@nestjs/common';
import { explanationQuerySchema, uuidSchema, type ConversionEvents } from '@ringback/contracts';
import { param, problem, query } from '@ringback/service-runtime';
import type { z } from 'zod';
import type { LedgerContext } from '../ledger/ledger-context.js';
import { listConversionEvents } from './conversion-events.read-model.js';
import { LEDGER_CONTEXT } from './conversions.controller.js';

/** All offers: no caller is limited to some yet. */
const ALL_OFFERS = null;

const pageSchema = explanationQuerySchema.omit({ callbackId: true });

/** For whoever explains what became of a conversion: its events, and whether they are on Kafka. */
@Controller('v1/conversions/:id/events')
export class ConversionEventsController {
  constructor(@Inject(LEDGER_CONTEXT) private readonly context: LedgerContext) {}

  @Get()
  async list(
    @Param('id', param('id', uuidSchema)) id: string,
    @Query(query(pageSchema)) page: z.infer<typeof pageSchema>,
  ): Promise<ConversionEvents> {
    const events = await listConversionEvents(this.context.pool, id, ALL_OFFERS, page);
    if (events === null) throw problem.notFound(`conversion ${id}`);
    return events;
  }
}
