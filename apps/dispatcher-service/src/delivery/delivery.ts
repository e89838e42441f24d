import type { ConversionEvent } from '@ringback/contracts';
import type { TrackedEvent } from '../intake/partition-intake.js';
import type { Probe } from './breakers.js';
import type { Lane } from './lane.js';

/** The event behind one or more deliveries. */
export interface DeliveryEvent {
  /** Replaced only where the conversion's personal data is erased. */
  event: ConversionEvent;
  readonly recordedAtMs: number;
  /** As it came from Kafka: what is stored when a delivery is parked. Replaced with `event`. */
  bytes: Buffer;
  /** Of what the attempts are part of in a trace; undefined where none is kept. */
  traceparent?: string | undefined;
}

/** One HTTP request that was made. */
export interface Attempt {
  readonly number: number;
  /** Wall clock. */
  readonly startedAtMs: number;
  readonly durationMs: number;
  readonly httpStatus: number | null;
  readonly error: string | null;
  /** See `recording/exchange.ts`. Null once it turned out that it cannot be stored. */
  exchange: Buffer | null;
  exchangeLost: boolean;
  /** Of the callback, as the request was made. */
  readonly callbackVersion: number;
  /** The receiver said that it wants no more of these: 410. */
  readonly isGone: boolean;
}

/** What is to be recorded of a delivery. */
export type Outcome =
  | { readonly kind: 'delivered' }
  | { readonly kind: 'exhausted' | 'cancelled'; readonly error: string }
  /** The attempt failed; the next one is due. */
  | { readonly kind: 'retry'; readonly error: string; readonly dueAtMs: number }
  /** No attempt was made: no room now, or it is held. `isHeld`: behind a breaker or a pause, so there is no use in claiming it at once. */
  | { readonly kind: 'wait'; readonly error: string | null; readonly dueAtMs: number; readonly isHeld?: boolean };

/** A delivery that is sent again because somebody asked for it: once, whatever comes of it. */
export interface DeliveryRedelivery {
  /** Of the redelivery. */
  readonly id: string;
  /** The delivery that it was made of; null when it is sent under its own id again. */
  readonly of: string | null;
}

/** The right to send a parked delivery, and to write what became of it. */
export interface ParkedLease {
  readonly token: string;
  /** On this process' monotonic clock, counted from before the lease was asked for: never later than PostgreSQL's own. */
  readonly endsAt: number;
}

/** A place in the order of admission. Empty once its delivery is settled: those before it may be under way for long, and it is not kept by them. */
export interface Watch {
  delivery: Delivery | null;
}

/**
 * One (event, callback) pair on its way through this process. It is held either by the Kafka partition of its event (`tracked`) or, once
 * parked, by the lease on its row (`lease`); never by both, and by neither only after its partition was lost.
 *
 * - `admitting`: being looked up; nothing may be sent yet
 * - `queued`: in its lane
 * - `inFlight`: a request is under way
 * - `done`: nothing more happens in memory; what is left is to record `outcome`
 */
export class Delivery {
  state: 'admitting' | 'queued' | 'inFlight' | 'done' = 'admitting';
  tracked: TrackedEvent | null = null;
  lease: ParkedLease | null = null;
  /** Part of the recorder's transaction under way. */
  recording = false;
  /** The lease that the transaction under way asks for. */
  pendingLease: ParkedLease | null = null;
  outcome: Outcome | null = null;
  /** Made since the last recording; null when none was. */
  attempt: Attempt | null = null;
  /** Of the last attempt that got an answer. */
  httpStatus: number | null = null;
  /** Attempts made, over all processes. */
  attempts = 0;
  /** When the request under way is aborted at the latest, monotonic. */
  abortsAt = 0;
  /** What the recorder watches it by while it is unsettled. */
  watch: Watch | null = null;
  /** When it was admitted to the window, monotonic. */
  admittedAt = 0;
  lane: Lane | null = null;
  /** Takes up room in the window. */
  held = false;
  /** Where the last request went; null before the first. */
  sentTo: string | null = null;
  /** Goes although a breaker is open, to see whether it may close. */
  probe: Probe | null = null;
  /** Waits, in `parked`, for the earlier deliveries of its conversion. */
  isOrdered = false;
  /** Sent again; null for the first time and its retries. */
  redelivery: DeliveryRedelivery | null = null;
  /** Of the row of a parked delivery. */
  expiresAtMs: number | null = null;
  /** When a parked delivery became due; null for what was never parked. */
  dueAtMs: number | null = null;

  constructor(
    readonly id: string,
    readonly callbackId: number,
    readonly event: DeliveryEvent,
    /** Scheme, host and port that the callback had when the delivery was admitted: whose lane it waits in. */
    readonly destination: string,
  ) {}

  /** Its request is under way, but what held it was lost: what it comes to may be logged, and nothing else. */
  get isOrphan(): boolean {
    return this.lease === null && (this.tracked === null || this.tracked.partition.lost);
  }

  /** An orphan whose end is being recorded: whether it is known can only be told afterwards. */
  get isBeingForgotten(): boolean {
    return this.isOrphan && (this.recording || this.state !== 'inFlight');
  }
}
