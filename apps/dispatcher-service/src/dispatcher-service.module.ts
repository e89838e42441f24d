import { Module, type DynamicModule } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import {
  DEAD_LETTERS,
  DeadLettersController,
  ServiceTokenGuard,
  type DeadLetterSource,
  type ServiceTokenCheck,
} from '@ringback/service-runtime';
import pg from 'pg';
import { DeliveryExportsController } from './delivery-export/delivery-exports.controller.js';
import { DeliveryExports } from './delivery-export/delivery-exports.js';
import { DeliveriesController } from './delivery-log/deliveries.controller.js';
import { CallbackTestsController } from './delivery-test/callback-tests.controller.js';
import { CallbackTests } from './delivery-test/callback-tests.js';
import { Dispatcher } from './dispatcher.js';
import { ExpectedDeliveriesController } from './expected/expected-deliveries.controller.js';
import { ExpectedDeliveries } from './expected/expected-deliveries.js';
import { FailingCallbacksController } from './failing/failing-callbacks.controller.js';
import { FailingCallbacksReadModel } from './failing/failing-callbacks.read-model.js';
import { ConversionEventsController } from './intake/conversion-events.controller.js';
import { PausesController } from './pauses/pauses.controller.js';
import { PausesStore } from './pauses/pauses.store.js';
import { RedeliverController } from './redeliveries/redeliver.controller.js';
import { RedeliverOne } from './redeliveries/redeliver-one.js';
import { RedeliveriesController } from './redeliveries/redeliveries.controller.js';
import { RedeliveriesStore } from './redeliveries/redeliveries.store.js';
import { StatisticsController } from './statistics/statistics.controller.js';
import { StatisticsReadModel } from './statistics/statistics.read-model.js';
import { WaitingController } from './waiting/waiting.controller.js';
import { WaitingReadModel } from './waiting/waiting.read-model.js';

/** Names the service: in logs, as Kafka's client id, and as the audience of the tokens that it takes. */
export const SERVICE_NAME = 'dispatcher-service';

export interface DispatcherParts {
  readonly dispatcher: Dispatcher;
  readonly pool: pg.Pool;
  readonly pauses: PausesStore;
  readonly waiting: WaitingReadModel;
  readonly statistics: StatisticsReadModel;
  readonly tests: CallbackTests;
  readonly expected: ExpectedDeliveries;
  readonly exports: DeliveryExports;
  readonly deadLetters: DeadLetterSource;
  readonly redeliverOne: RedeliverOne;
  readonly redeliveries: RedeliveriesStore;
  readonly serviceTokens: Omit<ServiceTokenCheck, 'audience'>;
}

/** What comes in, over HTTP and from Kafka, around the pipeline that `start-dispatcher-service.ts` starts and stops. */
@Module({})
export class DispatcherServiceModule {
  static with(parts: DispatcherParts): DynamicModule {
    const { dispatcher, pool, pauses, waiting, statistics, tests, expected, exports, deadLetters, redeliverOne, redeliveries } = parts;
    return {
      module: DispatcherServiceModule,
      controllers: [
        ConversionEventsController,
        DeliveryExportsController,
        DeliveriesController,
        ExpectedDeliveriesController,
        RedeliverController,
        RedeliveriesController,
        StatisticsController,
        PausesController,
        WaitingController,
        FailingCallbacksController,
        CallbackTestsController,
        DeadLettersController,
      ],
      providers: [
        { provide: APP_GUARD, useValue: new ServiceTokenGuard({ ...parts.serviceTokens, audience: SERVICE_NAME }) },
        { provide: Dispatcher, useValue: dispatcher },
        { provide: pg.Pool, useValue: pool },
        { provide: PausesStore, useValue: pauses },
        { provide: WaitingReadModel, useValue: waiting },
        { provide: FailingCallbacksReadModel, useValue: new FailingCallbacksReadModel(pool, dispatcher.index) },
        { provide: StatisticsReadModel, useValue: statistics },
        { provide: CallbackTests, useValue: tests },
        { provide: ExpectedDeliveries, useValue: expected },
        { provide: DeliveryExports, useValue: exports },
        { provide: DEAD_LETTERS, useValue: deadLetters },
        { provide: RedeliverOne, useValue: redeliverOne },
        { provide: RedeliveriesStore, useValue: redeliveries },
      ],
    };
  }
}
