import { AffiliatesController } from './affiliates.controller.js';
import { ApiKeysController } from './api-keys.controller.js';
import { AuditLogController } from './audit-log.controller.js';
import { CallbacksController } from './callbacks.controller.js';
import { ConversionsController } from './conversions.controller.js';
import { DeadLettersController } from './dead-letters.controller.js';
import { DeliveriesController } from './deliveries.controller.js';
import { ExplanationsController } from './explanations.controller.js';
import { FailingCallbacksController } from './failing-callbacks.controller.js';
import { DeliveryExportsController } from './delivery-exports.controller.js';
import { ErasureController } from './erasure.controller.js';
import { MacrosController } from './macros.controller.js';
import { OffersController } from './offers.controller.js';
import { OpenApiController } from './openapi.controller.js';
import { PasswordsController } from './passwords.controller.js';
import { PausesController } from './pauses.controller.js';
import { RedeliveriesController } from './redeliveries.controller.js';
import { SessionsController } from './sessions.controller.js';
import { StatisticsController } from './statistics.controller.js';
import { UsersController } from './users.controller.js';
import { WaitingController } from './waiting.controller.js';

/** In the order in which the description lists them. */
export const controllers = [
  SessionsController,
  PasswordsController,
  UsersController,
  ApiKeysController,
  AuditLogController,
  AffiliatesController,
  OffersController,
  CallbacksController,
  ConversionsController,
  ExplanationsController,
  ErasureController,
  DeliveriesController,
  DeliveryExportsController,
  RedeliveriesController,
  StatisticsController,
  WaitingController,
  FailingCallbacksController,
  PausesController,
  DeadLettersController,
  MacrosController,
  OpenApiController,
];
