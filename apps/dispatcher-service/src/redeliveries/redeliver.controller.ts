import { Body, Controller, HttpCode, Inject, Param, Post } from '@nestjs/common';
import { redeliverInputSchema, uuidSchema, type Delivery, type RedeliverInput, type RedeliverySkip } from '@ringback/contracts';
import { body, CurrentActor, param, problem, ProblemError, type Actor } from '@ringback/service-runtime';
import { EventSourceError } from './event-source.js';
import { RedeliverOne, type RedeliverOutcome } from './redeliver-one.js';

/** No body: under its own id. */
const inputOrNone = redeliverInputSchema.nullish().transform((input) => input ?? { asNew: false });

@Controller('v1/deliveries/:deliveryId/redeliver')
export class RedeliverController {
  constructor(@Inject(RedeliverOne) private readonly one: RedeliverOne) {}

  /** 202 with the delivery, or the new one. Asked for again while it is under way: the same. */
  @Post()
  @HttpCode(202)
  async redeliver(
    @Param('deliveryId', param('deliveryId', uuidSchema)) id: string,
    @Body(body(inputOrNone)) { asNew }: RedeliverInput,
    @CurrentActor() { offerIds }: Actor,
  ): Promise<Delivery> {
    const outcome = await this.#run(id, asNew, offerIds);
    switch (outcome.kind) {
      case 'accepted':
        return outcome.delivery;
      case 'not-ended':
        throw problem.conflict(notEnded(outcome.delivery));
      case 'under-way':
        throw problem.conflict(`delivery ${id} is being sent again just now: wait for its end, then send it as a new one`);
      case 'refused':
        throw refused(id, outcome.reason, outcome.callbackId);
      case 'gone':
        throw gone(id);
      case 'unknown':
        throw problem.notFound(`delivery ${id}`);
    }
  }

  async #run(id: string, asNew: boolean, offerIds: readonly number[] | null): Promise<RedeliverOutcome> {
    try {
      return await this.one.run(id, asNew, offerIds);
    } catch (error) {
      if (error instanceof EventSourceError)
        throw problem.unavailable('its event cannot be read from conversions-service just now: try again shortly', error);
      throw error;
    }
  }
}

function notEnded({ id, status, nextAttemptAt }: Delivery): string {
  return status === 'waiting'
    ? `delivery ${id} still waits for its first attempt: see what it waits for under /v1/waiting, and let it go on`
    : `delivery ${id} is still being retried, next at ${nextAttemptAt}: wait until it has ended`;
}

function gone(id: string): ProblemError {
  return new ProblemError(410, `the day of delivery ${id} is no longer kept, or will be dropped within hours: it cannot be sent again`);
}

function refused(id: string, reason: RedeliverySkip, callbackId: number): ProblemError {
  switch (reason) {
    case 'callback-deleted':
      return problem.conflict(`callback ${callbackId} is deleted: restore a version of it, then send again`);
    case 'callback-disabled':
      return problem.conflict(`callback ${callbackId} is disabled: enable it, then send again`);
    case 'too-many-attempts':
      return problem.conflict(`delivery ${id} was sent too often to be counted: send it as a new one (asNew)`);
    case 'event-gone':
      return new ProblemError(410, `the event of delivery ${id} is no longer in the ledger: it cannot be sent again`);
    case 'no-longer-kept':
      return gone(id);
    case 'in-progress':
      return problem.conflict(`delivery ${id} is being sent again just now`);
  }
}
