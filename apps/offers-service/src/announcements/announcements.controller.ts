import { Controller, Inject } from '@nestjs/common';
import { EventPattern, Payload } from '@nestjs/microservices';
import { TOPICS } from '@ringback/contracts';
import { OrderedBatchWorker, type AdmittedBatch } from '@ringback/event-stream';

/** Hands what the dispatcher announces on `callbacks.deliveries` to the worker, which takes it in order, batch by batch. */
@Controller()
export class AnnouncementsController {
  constructor(@Inject(OrderedBatchWorker) private readonly worker: OrderedBatchWorker) {}

  @EventPattern(TOPICS.callbacksDeliveries.name)
  take(@Payload() { lease, messages }: AdmittedBatch): void | Promise<void> {
    return this.worker.admit(lease, messages);
  }
}
