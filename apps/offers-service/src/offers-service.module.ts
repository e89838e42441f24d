import { Module, type DynamicModule } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import { TypeOrmModule } from '@nestjs/typeorm';
import { OrderedBatchWorker } from '@ringback/event-stream';
import {
  DEAD_LETTERS,
  DeadLettersController,
  ServiceTokenGuard,
  type DeadLetterSource,
  type ServiceTokenCheck,
} from '@ringback/service-runtime';
import type { DataSource } from 'typeorm';
import { AffiliatesController } from './affiliates/affiliates.controller.js';
import { AffiliatesService } from './affiliates/affiliates.service.js';
import { AnnouncementsController } from './announcements/announcements.controller.js';
import { CallbackPreviewService } from './callbacks/callback-preview.service.js';
import { CallbackVersionsService } from './callbacks/callback-versions.service.js';
import { CallbacksController } from './callbacks/callbacks.controller.js';
import { CallbacksService } from './callbacks/callbacks.service.js';
import { ChangeLog } from './changes/change-log.js';
import { DatabaseGuard } from './database.js';
import { ExplanationsController } from './explanations/explanations.controller.js';
import { ExplanationsService } from './explanations/explanations.service.js';
import { SecretVault } from './keyring/secret-vault.js';
import { GoalsController } from './offers/goals.controller.js';
import { GoalsService } from './offers/goals.service.js';
import { OffersController } from './offers/offers.controller.js';
import { OffersService } from './offers/offers.service.js';

/** The audience of the tokens that this service takes. */
export const SERVICE_NAME = 'offers-service';

export interface OffersParts {
  readonly dataSource: DataSource;
  readonly changes: ChangeLog;
  readonly vault: SecretVault;
  readonly announcements: OrderedBatchWorker;
  readonly deadLetters: DeadLetterSource;
  readonly serviceTokens: Omit<ServiceTokenCheck, 'audience'>;
}

/** What comes in, over HTTP and from Kafka: controllers and use cases around the parts that `main.ts` starts and stops. */
@Module({})
export class OffersServiceModule {
  static with({ dataSource, changes, vault, announcements, deadLetters, serviceTokens }: OffersParts): DynamicModule {
    return {
      module: OffersServiceModule,
      imports: [
        TypeOrmModule.forRootAsync({
          // It is connected beside the HTTP server, which answers 503 meanwhile. The module ends it.
          useFactory: () => ({ type: 'postgres', manualInitialization: true }),
          dataSourceFactory: async () => dataSource,
        }),
      ],
      controllers: [
        AffiliatesController,
        OffersController,
        GoalsController,
        CallbacksController,
        ExplanationsController,
        AnnouncementsController,
        DeadLettersController,
      ],
      providers: [
        { provide: APP_GUARD, useValue: new ServiceTokenGuard({ ...serviceTokens, audience: SERVICE_NAME }) },
        { provide: APP_GUARD, useValue: new DatabaseGuard(dataSource) },
        { provide: ChangeLog, useValue: changes },
        { provide: SecretVault, useValue: vault },
        { provide: OrderedBatchWorker, useValue: announcements },
        { provide: DEAD_LETTERS, useValue: deadLetters },
        AffiliatesService,
        OffersService,
        GoalsService,
        CallbacksService,
        CallbackVersionsService,
        CallbackPreviewService,
        ExplanationsService,
      ],
    };
  }
}
