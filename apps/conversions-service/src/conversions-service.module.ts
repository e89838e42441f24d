import { Module, type DynamicModule } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import { OrderedBatchWorker } from '@ringback/event-stream';
import {
  DEAD_LETTERS,
  DeadLettersController,
  ServiceTokenGuard,
  type DeadLetterSource,
  type ServiceTokenCheck,
} from '@ringback/service-runtime';
import type { ApiKeyCallers } from './access/api-key-callers.js';
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
  readonly apiKeys: Pick<ApiKeyCallers, 'identify'>;
  readonly serviceTokens: Omit<ServiceTokenCheck, 'audience'>;
}

/** What comes in, over HTTP and from Kafka, around the parts that `start-conversions-service.ts` starts and stops. */
@Module({})
export class ConversionsServiceModule {
  static with({ context, commands, deadLetters, apiKeys, serviceTokens }: ConversionsParts): DynamicModule {
    const guard = new ServiceTokenGuard({ ...serviceTokens, audience: SERVICE_NAME }, (key, route) => apiKeys.identify(key, route));
    return {
      module: ConversionsServiceModule,
      controllers: [ConversionsController, ConversionEventsController, EventsController, CommandsController, DeadLettersController],
      providers: [
        { provide: APP_GUARD, useValue: guard },
        { provide: LEDGER_CONTEXT, useValue: context },
        { provide: OrderedBatchWorker, useValue: commands },
        { provide: DEAD_LETTERS, useValue: deadLetters },
      ],
    };
  }
}
