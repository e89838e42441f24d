import { Body, Controller, Get, Header, HttpCode, Inject, Param, Post } from '@nestjs/common';
import { eventSearchSchema, uuidSchema, type EventSearch } from '@ringback/contracts';
import { body, param, problem } from '@ringback/service-runtime';
import type { LedgerContext } from '../ledger/ledger-context.js';
import { LEDGER_CONTEXT } from './conversions.controller.js';
import { findEvent, searchEvents } from './events.read-model.js';

/** Events once more, for services that send them again: within the cluster only, the gateway does not lead here. */
@Controller('v1/events')
export class EventsController {
  constructor(@Inject(LEDGER_CONTEXT) private readonly context: LedgerContext) {}

  /** Byte for byte what was published. */
  @Get(':eventId')
  @Header('content-type', 'application/json; charset=utf-8')
  async one(@Param('eventId', param('eventId', uuidSchema)) id: string): Promise<string> {
    const event = await findEvent(this.context.pool, id);
    if (event === null) throw problem.notFound(`event ${id}`);
    return event.toString('utf8');
  }

  /** `{items}` of the first of them that fit into an answer, in their order; null where there is none. */
  @Post('search')
  @HttpCode(200)
  @Header('content-type', 'application/json; charset=utf-8')
  async search(@Body(body(eventSearchSchema)) search: EventSearch): Promise<string> {
    const events = await searchEvents(this.context.pool, search);
    return `{"items":[${events.map((event) => event?.toString('utf8') ?? 'null').join(',')}]}`;
  }
}
