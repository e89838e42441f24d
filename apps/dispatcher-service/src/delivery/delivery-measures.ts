import { Buckets } from '@ringback/service-runtime';
import type { Delivery } from './delivery.js';
import type { SendResult } from './http-sender.js';

/** In s. 5 is the objective for first attempts; what is retried comes hours later. */
const DELAYS_S = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 5, 10, 30, 60, 300, 1_800, 7_200, 86_400];
/** In s. A request takes 30 s at most. */
const DURATIONS_S = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

/** How an attempt ended, coarsely: by class of status, or without an answer. */
export type AttemptResult = '1xx' | '2xx' | '3xx' | '4xx' | '5xx' | 'timeout' | 'network-error';

/** How late deliveries are and how their attempts end, counted where they pass: plain numbers, so that a delivery pays some nanoseconds for it. */
export class DeliveryMeasures {
  /**
   * From the recording of an event to the start of its delivery's first attempt. `parked`: it waited in PostgreSQL first, for its receiver
   * or because an admin wanted it to; so what the platform itself promises is measured in `direct`.
   */
  readonly firstAttempts = { direct: new Buckets(DELAYS_S), parked: new Buckets(DELAYS_S) };
  /** From the recording of an event to its delivery's 2xx. */
  readonly latency = new Buckets(DELAYS_S);
  /** From when a parked delivery was due to the start of its attempt, what held it meanwhile included. */
  readonly lateness = new Buckets(DELAYS_S);
  readonly durations = new Buckets(DURATIONS_S);
  readonly attempts: Record<AttemptResult, number> = {
    '1xx': 0,
    '2xx': 0,
    '3xx': 0,
    '4xx': 0,
    '5xx': 0,
    timeout: 0,
    'network-error': 0,
  };

  /** @param nowMs by the clock of recorded and due times, as in {@link ended} */
  started({ attempts, redelivery, lease, event, dueAtMs }: Delivery, nowMs: number): void {
    if (lease !== null && dueAtMs !== null) this.lateness.observe(secondsBetween(dueAtMs, nowMs));
    // What is sent again on request is no first time, and its event may be of last week.
    if (attempts === 0 && redelivery === null)
      this.firstAttempts[lease === null ? 'direct' : 'parked'].observe(secondsBetween(event.recordedAtMs, nowMs));
  }

  ended({ redelivery, event }: Delivery, result: SendResult, durationMs: number, isDelivered: boolean, nowMs: number): void {
    this.attempts[result.kind === 'answered' ? classOf(result.status) : result.kind]++;
    this.durations.observe(durationMs / 1_000);
    if (isDelivered && redelivery === null) this.latency.observe(secondsBetween(event.recordedAtMs, nowMs));
  }
}

/** Clocks of two machines may differ: never less than 0. */
function secondsBetween(fromMs: number, toMs: number): number {
  return Math.max(0, toMs - fromMs) / 1_000;
}

function classOf(status: number): AttemptResult {
  if (status < 200) return '1xx';
  if (status < 300) return '2xx';
  if (status < 400) return '3xx';
  return status < 500 ? '4xx' : '5xx';
}
