import { classifyResponse, nextAttemptWaitMs, scheduleLengthMs, type Classification, type Rendered } from '@ringback/callbacks';
import type { Span, Tracing } from '@ringback/service-runtime';
import type { CallbackIndex } from '../callback-index/callback-index.js';
import type { Logger } from '@ringback/service-runtime';
import type { CompiledCallbacks, ReadyCallback } from '../callback-index/compiled-callbacks.js';
import { MAX_BAD_EXCHANGE_BYTES, MAX_GOOD_EXCHANGE_BYTES } from '../recording/exchange.js';
import type { Breakers } from './breakers.js';
import type { Delivery, Outcome } from './delivery.js';
import type { DeliveryMeasures } from './delivery-measures.js';
import type { Holds } from './holds.js';
import type { OutgoingRequest, SendResult } from './http-sender.js';
import type { Ending } from './lanes.js';
import { prepareRequest, randomHex, type PreparedRequest } from './prepare-request.js';
import { attemptOutcome, maskedExchange } from './read-result.js';

/** What a parked delivery outlives its schedule by, in ms: pauses and disabled callbacks take no attempt. */
const KEPT_AFTER_SCHEDULE_MS = 7 * 24 * 60 * 60 * 1000;
/** A request must end this much before its lease does, in ms, so that what came of it can be written. */
const RECORDING_MARGIN_MS = 5_000;
/** When what was claimed and found held is looked at again, in ms. */
const HELD_AGAIN_MS = 5_000;
/** An attempt that takes longer stands in the log at `info`, as one that failed does, in ms. */
const SLOW_MS = 2_000;

export interface AttemptsOptions {
  readonly index: CallbackIndex;
  readonly compiled: CompiledCallbacks;
  readonly holds: Holds;
  readonly breakers: Breakers;
  readonly send: (request: OutgoingRequest, done: (result: SendResult) => void) => void;
  /** What became of the delivery: to the recorder. */
  readonly settle: (delivery: Delivery, outcome: Outcome) => void;
  /** It was neither sent nor settled, and is nobody's here any more. */
  readonly drop: (delivery: Delivery) => void;
  /** The request has ended: its place in the lane is free. */
  readonly finished: (delivery: Delivery, ending: Ending, startedAt: number) => void;
  /** Its redelivery was paused or cancelled: what is not sent yet is not sent. */
  readonly isStopped: (redeliveryId: string) => boolean;
  readonly measures: DeliveryMeasures;
  readonly logger: Logger;
  readonly userAgent: string;
  /** Absent: nothing is traced. */
  readonly tracing?: Pick<Tracing, 'start'>;
  readonly now: () => number;
  readonly monotonic: () => number;
  /** In [0, 1). */
  readonly random: () => number;
}

/** One path for first tries and retries: today's configuration → request → what its answer means for the delivery. */
export class Attempts {
  constructor(private readonly options: AttemptsOptions) {}

  /**
   * Begins the next attempt of a delivery.
   * @returns whether a request was started; otherwise the delivery was disposed of, or waits to be parked.
   */
  start(delivery: Delivery): boolean {
    const { index, compiled, now, monotonic } = this.options;
    if (delivery.isOrphan) {
      this.options.drop(delivery);
      return false;
    }
    // No request without a live lease. Whether it is really gone will show: the delivery is parked when its time comes, or forgotten.
    if (delivery.tracked !== null && !delivery.tracked.partition.lease.isLive()) {
      delivery.state = 'queued';
      return false;
    }
    const nowMs = now();
    if (delivery.expiresAtMs !== null && delivery.expiresAtMs <= nowMs) return this.#end(delivery, 'exhausted', 'waited for too long');
    if (delivery.redelivery !== null && this.options.isStopped(delivery.redelivery.id))
      return this.#wait(delivery, null, delivery.expiresAtMs ?? nowMs, true);
    const today = index.today(delivery.callbackId);
    switch (today.kind) {
      case 'deleted':
        return this.#end(delivery, 'cancelled', 'the callback was deleted');
      case 'disabled':
        return this.#wait(delivery, 'the callback is disabled', nowMs);
      case 'live':
        break;
    }
    // A parked one comes up again only where PostgreSQL does not know of the hold yet: not at once, then.
    if (this.#isHeld(delivery)) return this.#wait(delivery, null, delivery.lease === null ? nowMs : nowMs + HELD_AGAIN_MS, true);
    const callback = compiled.get(today.callback, index.keyring);
    if (delivery.lease !== null && delivery.lease.endsAt - monotonic() < callback.timeoutMs + RECORDING_MARGIN_MS) {
      return this.#wait(delivery, null, nowMs);
    }
    const prepared = this.#prepare(delivery, callback, nowMs);
    if (!prepared.ok) return this.#end(delivery, 'exhausted', `cannot be rendered: ${prepared.reason}`);
    this.#send(delivery, callback, prepared, nowMs);
    return true;
  }

  /** @returns when a delivery that is parked now is given up. */
  expiresAtMs(delivery: Delivery): number {
    return (delivery.expiresAtMs ??= this.options.now() + scheduleLengthMs(this.#retryOf(delivery)) + KEPT_AFTER_SCHEDULE_MS);
  }

  /** A probe goes through the breaker that it probes, and a destination's through those of its callbacks; nothing goes through a pause. */
  #isHeld({ callbackId, destination, event, probe }: Delivery): boolean {
    const { holds } = this.options;
    const { affiliateId } = event.event.data.conversion;
    if (probe === null) return holds.ofParked(callbackId, destination, affiliateId) !== null;
    if (probe.scope === 'callback' && holds.destinationBreakers.has(destination)) return true;
    return holds.isPaused(callbackId, destination, affiliateId);
  }

  #retryOf(delivery: Delivery): ReadyCallback['retry'] {
    const { index, compiled } = this.options;
    const today = index.today(delivery.callbackId);
    return today.kind === 'live' ? compiled.get(today.callback, index.keyring).retry : 'standard';
  }

  #prepare(delivery: Delivery, callback: ReadyCallback, nowMs: number): ReturnType<typeof prepareRequest> {
    const { conversion } = delivery.event.event.data;
    const names = this.options.index.names(conversion.offerId, conversion.affiliateId, conversion.goalId);
    const context = {
      event: delivery.event.event,
      callbackId: delivery.callbackId,
      offerName: names.offer,
      affiliateName: names.affiliate,
      goalName: names.goal,
      deliveryId: delivery.id,
      attempt: delivery.attempts + 1,
      sentAtMs: nowMs,
      random: randomHex,
    };
    return prepareRequest(callback, context, this.options.userAgent);
  }

  #send(delivery: Delivery, callback: ReadyCallback, prepared: PreparedRequest, startedAtMs: number): void {
    const { outgoing, rendered, ownHeaders } = prepared;
    delivery.sentTo = outgoing.origin;
    const startedAt = this.options.monotonic();
    delivery.abortsAt = startedAt + callback.timeoutMs;
    this.options.measures.started(delivery, startedAtMs);
    const span = this.#span(delivery);
    this.options.send(outgoing, (result) => {
      const durationMs = this.options.monotonic() - startedAt;
      this.#ended(delivery, callback, rendered, ownHeaders, { startedAtMs, startedAt, durationMs }, result);
      span?.end(delivery.httpStatus === null ? {} : { 'http.response.status_code': delivery.httpStatus }, failureOf(result));
    });
  }

  /** The receiver is told nothing of it: whose trace it is, is no business of a third party's. */
  #span(delivery: Delivery): Span | null {
    const { traceparent } = delivery.event;
    if (traceparent === undefined || this.options.tracing === undefined) return null;
    return this.options.tracing.start('attempt', {
      kind: 'client',
      parent: traceparent,
      attributes: {
        'ringback.delivery_id': delivery.id,
        'ringback.callback_id': delivery.callbackId,
        'ringback.attempt': delivery.attempts + 1,
      },
    });
  }

  #ended(
    delivery: Delivery,
    callback: ReadyCallback,
    rendered: Extract<Rendered, { ok: true }>,
    ownHeaders: readonly string[],
    { startedAtMs, startedAt, durationMs }: { startedAtMs: number; startedAt: number; durationMs: number },
    result: SendResult,
  ): void {
    const nowMs = this.options.now();
    const classification = classifyResponse(attemptOutcome(result, callback.timeoutMs), nowMs);
    const error = classification.result === 'delivered' ? null : rendered.mask(classification.reason);
    delivery.attempts++;
    delivery.httpStatus = result.kind === 'answered' ? result.status : null;
    delivery.attempt = {
      number: delivery.attempts,
      startedAtMs,
      durationMs,
      httpStatus: delivery.httpStatus,
      error,
      exchange: maskedExchange(rendered, ownHeaders, result, error === null ? MAX_GOOD_EXCHANGE_BYTES : MAX_BAD_EXCHANGE_BYTES),
      exchangeLost: false,
      callbackVersion: callback.version,
      isGone: delivery.httpStatus === 410,
    };
    this.options.measures.ended(delivery, result, durationMs, error === null, nowMs);
    this.#log(delivery, durationMs, error);
    this.#judge(delivery, classification, error, startedAt);
    this.options.finished(delivery, endingOf(result, classification), startedAt);
    this.options.settle(delivery, this.#outcome(delivery, classification, error, callback));
  }

  /** Built only where it is written: most attempts succeed, and most processes do not log at `debug`. */
  #log({ id, callbackId, destination, attempts, httpStatus }: Delivery, durationMs: number, why: string | null): void {
    const { logger } = this.options;
    const level = why !== null || durationMs >= SLOW_MS ? 'info' : 'debug';
    if (!logger.isLevelEnabled(level)) return;
    const ms = Math.round(durationMs);
    logger[level]({ deliveryId: id, callbackId, destination, attempt: attempts, status: httpStatus, ms, why }, 'attempt');
  }

  /** Tells the breakers. A redirection is the receiver's way to answer: it ends the delivery and breaks nothing. */
  #judge({ destination, callbackId, probe }: Delivery, classification: Classification, error: string | null, startedAt: number): void {
    const { breakers } = this.options;
    if (classification.result === 'retry') breakers.failed(destination, callbackId, classification.blame, error!, startedAt, probe);
    else breakers.succeeded(destination, callbackId, probe);
  }

  #outcome(delivery: Delivery, classification: Classification, error: string | null, callback: ReadyCallback): Outcome {
    if (classification.result === 'delivered' || error === null) return { kind: 'delivered' };
    // Who asked for it to be sent again asked for one attempt, and sees what came of it.
    if (classification.result === 'exhausted' || delivery.redelivery !== null) return { kind: 'exhausted', error };
    const waitMs = nextAttemptWaitMs(callback.retry, delivery.attempts, this.options.random(), classification.retryAfterMs);
    if (waitMs === null) return { kind: 'exhausted', error };
    return { kind: 'retry', error, dueAtMs: this.options.now() + waitMs };
  }

  #end(delivery: Delivery, kind: 'exhausted' | 'cancelled', error: string): false {
    return this.#dispose(delivery, { kind, error });
  }

  #wait(delivery: Delivery, error: string | null, dueAtMs: number, isHeld = false): false {
    return this.#dispose(delivery, { kind: 'wait', error, dueAtMs, isHeld });
  }

  #dispose(delivery: Delivery, outcome: Outcome): false {
    if (delivery.probe !== null) this.options.breakers.release(delivery.probe);
    this.options.settle(delivery, outcome);
    return false;
  }
}

/** Its kind alone: what a receiver says may hold what it was sent. */
function failureOf(result: SendResult): string | undefined {
  if (result.kind !== 'answered') return result.kind;
  return result.status >= 200 && result.status < 300 ? undefined : `answered ${result.status}`;
}

/** @returns what the end of a request tells about how much its destination can take. */
function endingOf(result: SendResult, classification: Classification): Ending {
  if (result.kind === 'timeout') return 'strained';
  // A refused connection tells nothing: there is nobody to be asked less.
  if (result.kind === 'network-error') return 'failed';
  return classification.result === 'retry' && classification.blame === 'destination' ? 'strained' : 'answered';
}
