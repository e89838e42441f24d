import { randomBytes, randomUUID } from 'node:crypto';
import { CONVERSIONS_SOURCE, deliveryId, encodeEvent, type Conversion, type ConversionCreated } from '@ringback/contracts';
import { EventStream, Publisher } from '@ringback/event-stream';

const silent = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };
/** Records of one produce request: 12 partitions of some 20 each keep a batch far below Kafka's limit. */
const CHUNK = 250;
const TICK_MS = 5;

export interface LoadTarget {
  readonly brokers: string[];
  readonly topic: string;
  /** The newest revision of the configuration: decides which callbacks fire. */
  readonly revision: number;
  /** Share of the events that are part of a trace that is kept. Default 0. */
  readonly tracedShare?: number;
}

/** An event was published for an offer: enough to know the ids of its deliveries. */
export interface Published {
  readonly eventId: string;
  readonly recordedAtMs: number;
  readonly offerId: number;
}

/** Writes events straight to `conversions.events`, as conversions-service's relay does. */
export class EventLoad {
  #target: LoadTarget | null = null;
  #publisher: Publisher | null = null;
  #timer: NodeJS.Timeout | null = null;
  #published = 0;
  #ids: Published[] = [];
  #sending = new Set<Promise<void>>();
  #failure: unknown = null;

  async open(target: LoadTarget): Promise<void> {
    this.#target = target;
    this.#publisher = new Publisher(new EventStream({ brokers: target.brokers, clientId: 'bench-load', logger: silent }), {
      requestTimeoutMs: 30_000,
    });
    await this.#publisher.connect();
  }

  /** Publishes `count` events as fast as it goes, offers in turn. */
  async burst(count: number, offers: readonly number[], affiliateId: number, more: Partial<Conversion> = {}): Promise<Published[]> {
    this.#ids = [];
    for (let from = 0; from < count; from += CHUNK) {
      await this.#send(
        Array.from({ length: Math.min(CHUNK, count - from) }, (_, index) => offers[(from + index) % offers.length]!),
        affiliateId,
        more,
      );
    }
    return this.#ids;
  }

  /** Publishes so many events a second, offers in turn, until {@link stop}, whatever becomes of the earlier ones. */
  start(perSecond: number, offers: readonly number[], affiliateId: number): void {
    this.#ids = [];
    this.#published = 0;
    this.#failure = null;
    const startedAt = performance.now();
    this.#timer = setInterval(() => {
      const due = Math.floor(((performance.now() - startedAt) * perSecond) / 1_000) - this.#published;
      if (due <= 0) return;
      const batch = Array.from({ length: due }, (_, index) => offers[(this.#published + index) % offers.length]!);
      this.#published += due;
      const sending: Promise<void> = this.#send(batch, affiliateId)
        .catch((error: unknown) => {
          this.#failure ??= error;
        })
        .finally(() => this.#sending.delete(sending));
      this.#sending.add(sending);
    }, TICK_MS);
  }

  /** @returns what was published since {@link start}. @throws when Kafka refused some of it */
  async stop(): Promise<Published[]> {
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#timer = null;
    await Promise.all(this.#sending);
    if (this.#failure !== null) throw this.#failure;
    return this.#ids;
  }

  async #send(offers: readonly number[], affiliateId: number, more: Partial<Conversion> = {}): Promise<void> {
    const { topic, revision, tracedShare = 0 } = this.#target!;
    const nowMs = Date.now();
    const records = offers.map((offerId) => {
      const event = conversionEvent(offerId, affiliateId, revision, nowMs, more);
      this.#ids.push({ eventId: event.id, recordedAtMs: nowMs, offerId });
      return {
        topic,
        key: event.data.conversion.id,
        value: encodeEvent(Math.random() < tracedShare ? { ...event, traceparent: someTraceparent() } : event),
      };
    });
    await this.#publisher!.send(records);
  }
}

function someTraceparent(): string {
  return `00-${randomBytes(16).toString('hex')}-${randomBytes(8).toString('hex')}-01`;
}

/** @returns the id of the delivery of a published event to a callback. */
export function deliveryOf({ eventId, recordedAtMs }: Published, callbackId: number): string {
  return deliveryId(recordedAtMs, eventId, callbackId);
}

/** A conversion with about as much in it as trackers send: 1 KB. */
export function conversionEvent(
  offerId: number,
  affiliateId: number,
  revision: number,
  nowMs: number,
  more: Partial<Conversion> = {},
): ConversionCreated {
  const time = new Date(nowMs).toISOString();
  const id = randomUUID();
  return {
    specversion: '1.0',
    id: randomUUID(),
    source: CONVERSIONS_SOURCE,
    type: 'ConversionCreated',
    time,
    data: {
      revision,
      conversion: {
        id,
        version: 1,
        offerId,
        affiliateId,
        goalId: null,
        ...CONVERSION,
        transactionId: `t-${id}`,
        createdAt: time,
        statusAt: time,
        ...more,
      },
    },
  };
}

/** What conversions of the bench tell, beside their ids. */
export const CONVERSION = {
  status: 'done',
  rejectReason: null,
  clickId: 'c0ffee00-1234-5678-9abc-def012345678',
  payout: '12.50',
  revenue: '20.00',
  currency: 'EUR',
  source: 'newsletter',
  sub1: 'campaign-4711',
  sub2: 'creative-17',
  sub3: 'placement-8',
  clickTime: '2026-01-02T03:04:05.000Z',
  ip: '203.0.113.77',
  country: 'DE',
  city: 'Berlin',
  userAgent: 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36',
  deviceType: 'desktop',
  os: 'Linux',
  browser: 'Chrome',
  language: 'de-DE',
} as const;
