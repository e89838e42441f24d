import {
  conversionEventsSchema,
  deliveryId,
  expectedDeliveriesAnswerSchema,
  explanationAnswerSchema,
  type ConversionEvents,
  type ConversionExplanation,
  type ExpectedDeliveriesRequest,
  type ExpectedDelivery,
  type ExplanationAnswer,
  type ExplanationQuery,
  type ExplanationRequest,
} from '@ringback/contracts';
import { ProblemError, type Logger } from '@ringback/service-runtime';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { z } from 'zod';
import { edgeContext } from '../http/http-edge.js';
import { readJson, type Forwarder, type UpstreamAnswer } from './forwarder.js';
import type { ServiceName } from './upstream-client.js';

/** The dispatcher asks Kafka (2 s at most) and waits for its own recording (3 s at most) where a delivery is not found, in ms. */
const DELIVERIES_TIMEOUT_MS = 8_000;

const MISSING = 'dispatcher-service cannot answer: what became of the deliveries is unknown just now';

type Events = ConversionEvents['items'];
/** By event, then by callback. */
type Deliveries = ReadonlyMap<string, ReadonlyMap<number, ExpectedDelivery>>;

/**
 * Joins the events of a conversion (conversions-service) with why each callback fired or did not (offers-service) and with what became of the
 * deliveries (dispatcher-service). Without the first two there is nothing to tell; without the dispatcher the rest is told.
 */
export class ConversionExplanations {
  constructor(
    private readonly forwarder: Forwarder,
    private readonly logger: Logger,
  ) {}

  /** @throws {ProblemError} 503 naming conversions-service or offers-service, 502 when an answer cannot be used */
  async answer(request: FastifyRequest, reply: FastifyReply, { limit, cursor, callbackId }: ExplanationQuery): Promise<void> {
    const { conversionId } = edgeContext(request).parameters;
    const query = new URLSearchParams({ limit: String(limit), ...(cursor === undefined ? {} : { cursor }) });
    const path = `/v1/conversions/${conversionId}/events?${query.toString()}`;
    const listed = await this.forwarder.ask({ service: 'conversions-service', method: 'GET', path }, request);
    if (listed.status !== 200) return this.forwarder.relay(reply, listed);
    const events = read(conversionEventsSchema, listed, 'conversions-service');
    const explained = await this.#explain(events, callbackId, request);
    if ('refused' in explained) return this.forwarder.relay(reply, explained.refused);
    const deliveries = await this.#deliveries(events, explained, request);
    await reply.status(200).send(joined(events, explained, deliveries));
  }

  async #explain(
    { offerId, affiliateId, goalId, items }: ConversionEvents,
    callbackId: number | undefined,
    request: FastifyRequest,
  ): Promise<ExplanationAnswer | { refused: UpstreamAnswer }> {
    const asked: ExplanationRequest = {
      affiliateId,
      goalId,
      events: items.map(({ eventId, revision, status, previousStatus }) => ({ eventId, revision, status, previousStatus })),
      ...(callbackId === undefined ? {} : { callbackId }),
    };
    const answer = await this.#post('offers-service', `/v1/offers/${offerId}/explanations`, asked, request);
    if (answer.status !== 200) return { refused: answer };
    const explained = read(explanationAnswerSchema, answer, 'offers-service');
    if (explained.events.length !== items.length)
      throw new ProblemError(502, 'offers-service: it explained other events than were asked for');
    return explained;
  }

  /** @returns null while the dispatcher cannot answer. */
  async #deliveries(
    { conversionId, items }: ConversionEvents,
    explained: ExplanationAnswer,
    request: FastifyRequest,
  ): Promise<Deliveries | null> {
    const events: ExpectedDeliveriesRequest['events'] = [];
    items.forEach(({ eventId, at, publication }, index) => {
      const callbackIds = explained.events[index]!.callbacks.flatMap(({ callbackId, fires }) => (fires === true ? [callbackId] : []));
      if (callbackIds.length > 0) events.push({ eventId, recordedAt: at, publication, callbackIds });
    });
    if (events.length === 0) return new Map();
    try {
      const path = `/v1/conversions/${conversionId}/expected-deliveries`;
      const answer = await this.#post('dispatcher-service', path, { events }, request, DELIVERIES_TIMEOUT_MS);
      if (answer.status !== 200) throw new ProblemError(502, `dispatcher-service: it answered ${answer.status}`);
      const { events: found } = read(expectedDeliveriesAnswerSchema, answer, 'dispatcher-service');
      return new Map(
        events.map(({ eventId, callbackIds }, index) => [
          eventId,
          new Map(callbackIds.map((callbackId, position) => [callbackId, found[index]!.deliveries[position]!])),
        ]),
      );
    } catch (error) {
      this.logger.warn({ error, conversionId }, 'a conversion is explained without its deliveries');
      return null;
    }
  }

  #post(service: ServiceName, path: string, body: unknown, request: FastifyRequest, timeoutMs?: number): Promise<UpstreamAnswer> {
    const bytes = Buffer.from(JSON.stringify(body), 'utf8');
    const headers = { 'content-type': 'application/json' };
    return this.forwarder.ask(
      { service, method: 'POST', path, headers, body: bytes, ...(timeoutMs === undefined ? {} : { timeoutMs }) },
      request,
    );
  }
}

function joined(events: ConversionEvents, explained: ExplanationAnswer, deliveries: Deliveries | null): ConversionExplanation {
  const { conversionId, offerId, affiliateId, goalId, items, nextCursor } = events;
  return {
    conversionId,
    offer: { id: offerId, name: explained.offerName },
    affiliate: { id: affiliateId, name: explained.affiliateName },
    goal: goalId === null ? null : { id: goalId, name: explained.goalName },
    items: items.map((event, index) => explainedEvent(event, explained.events[index]!, deliveries)),
    nextCursor,
    missing: deliveries === null ? MISSING : null,
  };
}

function explainedEvent(
  event: Events[number],
  { goalsEnabled, callbacks, callbacksNotShown }: ExplanationAnswer['events'][number],
  deliveries: Deliveries | null,
): ConversionExplanation['items'][number] {
  const { eventId, version, status, previousStatus, revision, at } = event;
  return {
    eventId,
    type: previousStatus === null ? 'ConversionCreated' : 'StatusChanged',
    version,
    status,
    previousStatus,
    revision,
    recordedAt: at,
    goalsEnabled,
    callbacks: callbacks.map((callback) => ({
      ...callback,
      delivery: callback.fires === true ? deliveryOf(event, callback.callbackId, deliveries) : null,
    })),
    callbacksNotShown,
  };
}

function deliveryOf({ eventId, at }: Events[number], callbackId: number, deliveries: Deliveries | null): ExpectedDelivery {
  const found = deliveries?.get(eventId)?.get(callbackId);
  return found ?? { id: deliveryId(Date.parse(at), eventId, callbackId), state: 'unknown', detail: MISSING, current: null };
}

/** @throws {ProblemError} 502 when the service answered something else */
function read<Schema extends z.ZodType>(schema: Schema, answer: UpstreamAnswer, service: ServiceName): z.output<Schema> {
  const parsed = schema.safeParse(readJson(answer, service));
  if (!parsed.success) throw new ProblemError(502, `${service}: its answer is not what was asked for`, { cause: parsed.error });
  return parsed.data;
}
