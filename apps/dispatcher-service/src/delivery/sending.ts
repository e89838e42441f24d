import type { Logger, Tracing } from '@ringback/service-runtime';
import type { CallbackIndex } from '../callback-index/callback-index.js';
import { CompiledCallbacks } from '../callback-index/compiled-callbacks.js';
import { Attempts } from './attempt.js';
import { Breakers } from './breakers.js';
import type { Delivery, Outcome } from './delivery.js';
import { DeliveryMeasures } from './delivery-measures.js';
import { Holds, type BreakerScope, type OpenBreaker } from './holds.js';
import { HttpSender, type HttpSenderOptions } from './http-sender.js';
import { Lanes, type LaneLimits } from './lanes.js';
import { RateLimits } from './rate-limits.js';

export interface SendingOptions {
  readonly index: CallbackIndex;
  readonly limits: LaneLimits;
  /** Where requests may go, and how long they may take to get there. */
  readonly http: Pick<HttpSenderOptions, 'check' | 'connectTimeoutMs'>;
  readonly userAgent: string;
  /** Live dispatchers. */
  readonly members: () => number;
  /** Tells the other dispatchers of a breaker. Null: closed. */
  readonly share: (scope: BreakerScope, key: string, breaker: OpenBreaker | null) => void;
  /** Something that is parked may be sent from this time on. */
  readonly onDue: (dueAtMs: number) => void;
  readonly settle: (delivery: Delivery, outcome: Outcome) => void;
  readonly drop: (delivery: Delivery) => void;
  /** Whether a redelivery was paused or cancelled. */
  readonly isStopped: (redeliveryId: string) => boolean;
  readonly tracing: Tracing;
  readonly logger: Logger;
  readonly now: () => number;
  readonly monotonic: () => number;
  /** In [0, 1). */
  readonly random: () => number;
}

/** All that stands between a delivery and its destination: lanes, breakers, limits of rate, attempts, sockets. */
export class Sending {
  readonly holds = new Holds();
  readonly measures = new DeliveryMeasures();
  readonly breakers: Breakers;
  readonly rates: RateLimits;
  readonly lanes: Lanes;
  readonly attempts: Attempts;
  readonly sender: HttpSender;

  constructor(private readonly options: SendingOptions) {
    const { index, limits, members, now, monotonic, random } = options;
    const { holds } = this;
    this.sender = new HttpSender({ socketsPerDestination: limits.perDestination, monotonic, ...options.http });
    this.breakers = new Breakers({
      holds,
      share: options.share,
      onOpened: (breaker) => this.opened(breaker),
      onClosed: (scope, key) => this.#closed(scope, key),
      now,
      monotonic,
      random,
    });
    this.rates = new RateLimits({ limitOf: (callbackId) => this.#limitOf(callbackId), members, monotonic });
    this.attempts = new Attempts({
      index,
      compiled: new CompiledCallbacks(),
      holds,
      breakers: this.breakers,
      send: (request, done) => this.sender.send(request, done),
      settle: options.settle,
      drop: options.drop,
      finished: (delivery, ending, startedAt) => this.lanes.finished(delivery.lane!, ending, startedAt),
      isStopped: options.isStopped,
      measures: this.measures,
      logger: options.logger,
      userAgent: options.userAgent,
      tracing: options.tracing,
      now,
      monotonic,
      random,
    });
    this.lanes = new Lanes({
      ...limits,
      start: (delivery) => this.attempts.start(delivery),
      members,
      takeRate: (callbackId) => this.rates.take(callbackId),
      monotonic,
    });
  }

  /** @returns whether the callback's limit of rate is used up for the next `withinMs`. */
  isRateUsedUp({ callbackId, destination }: Delivery, withinMs: number): boolean {
    return this.#limitOf(callbackId) !== null && this.rates.room(callbackId, this.lanes.waitingOf(destination, callbackId), withinMs) < 1;
  }

  /** A breaker opened, here or at another dispatcher: what waits for its destination waits in PostgreSQL. */
  opened({ scope, key, openUntilMs, reason }: OpenBreaker): void {
    this.options.logger.info({ scope, key, reason }, 'a breaker opened');
    if (scope === 'destination') this.lanes.flush(key);
    this.options.onDue(openUntilMs);
  }

  /** Forgets what was learnt of destinations and callbacks that have had nothing to send for a while. */
  sweep(): void {
    this.breakers.sweep();
    this.lanes.sweep();
    this.rates.sweep();
  }

  /** Nothing more is sent; sockets are closed. */
  async close(): Promise<void> {
    this.lanes.stop();
    await this.sender.close();
  }

  #closed(scope: BreakerScope, key: string): void {
    const { logger, onDue, now } = this.options;
    logger.info({ scope, key }, 'a breaker closed');
    if (scope === 'destination') this.lanes.reset(key);
    onDue(now());
  }

  #limitOf(callbackId: number): number | null {
    const today = this.options.index.today(callbackId);
    return today.kind === 'live' ? today.callback.maxPerSecond : null;
  }
}
