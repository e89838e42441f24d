import { Controller, Inject } from '@nestjs/common';
import { EventPattern, Payload } from '@nestjs/microservices';
import { TOPICS } from '@ringback/contracts';
import type { AdmittedBatch } from '@ringback/event-stream';
import { Dispatcher } from '../dispatcher.js';

/** Hands what arrives on `conversions.events` to the intake, which takes it and returns. */
@Controller()
export class ConversionEventsController {
  constructor(@Inject(Dispatcher) private readonly dispatcher: Dispatcher) {}

  @EventPattern(TOPICS.conversionsEvents.name)
  take(@Payload() { lease, messages }: AdmittedBatch): void | Promise<void> {
    return this.dispatcher.worker.admit(lease, messages);
  }
}
