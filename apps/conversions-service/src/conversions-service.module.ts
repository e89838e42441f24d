import { Module, type DynamicModule } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import { OrderedBatchWorker } from '@ringback/event-stream';
import { DEAD_LETTERS, DeadLettersController, ServiceTokenGuard, type DeadLetterSource } from '@ringback/service-runtime';
import { CommandsController } from './commands/commands.controller.js';
import { ConversionEventsController } from './http/conversion-events.controller.js';
import { ConversionsController, LEDGER_CONTEXT } from './http/conversions.controller.js';
import { EventsController } from './http/events.controller.js';
import type { LedgerContext } from './ledger/ledger-context.js';

/** Names the service: in logs, as Kafka's client id, and as the audience of the tokens that it takes. */
export const SERVICE_NAME = 'conversions-service';

export interface ConversionsParts {
  readonly context: LedgerContext;
  readonly commands: OrderedBatchWorker;
  readonly deadLetters: DeadLetterSource;
  readonly serviceTokenSecret: string;
}

/** What comes in, over HTTP and from Kafka, around the parts that `start-conversions-service.ts` starts and stops. */
@Module({})
export class ConversionsServiceModule {
  static with({ context, commands, deadLetters, serviceTokenSecret }: ConversionsParts): DynamicModule {
    return {
      module: ConversionsServiceModule,
      controllers: [ConversionsController, ConversionEventsController, EventsController, CommandsController, DeadLettersController],
      providers: [
        { provide: APP_GUARD, useValue: new ServiceTokenGuard({ secret: serviceTokenSecret, audience: SERVICE_NAME }) },
        { provide: LEDGER_CONTEXT, useValue: context },
        { provide: OrderedBatchWorker, useValue: commands },
        { provide: DEAD_LETTERS, useValue: deadLetters },
      ],
    };
  }
}
