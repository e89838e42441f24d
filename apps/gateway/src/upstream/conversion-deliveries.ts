import type { Logger } from '@ringback/service-runtime';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { edgeContext } from '../http/http-edge.js';
import { readJson, type Forwarder } from './forwarder.js';

/** The conversion does not wait longer for its deliveries, in ms: a page of them takes the dispatcher 150 ms at most. */
const DELIVERIES_TIMEOUT_MS = 3_000;

/** As dispatcher-service answered them. */
interface DeliveriesOfConversion {
  readonly deliveries: unknown;
  readonly deliveriesCursor: unknown;
}

/** Joins a conversion of conversions-service with its deliveries of dispatcher-service. */
export class ConversionDeliveries {
  constructor(
    private readonly forwarder: Forwarder,
    private readonly logger: Logger,
  ) {}

  /**
   * Answers the conversion with its newest deliveries. While the dispatcher cannot answer, the conversion is shown all the
   * same, with `deliveries: null`.
   */
  async answer(request: FastifyRequest, reply: FastifyReply): Promise<void> {
    const id = edgeContext(request).parameters['conversionId']!;
    const [conversion, deliveries] = await Promise.all([
      this.forwarder.ask({ service: 'conversions-service', method: 'GET', path: `/v1/conversions/${id}` }, request),
      this.#deliveries(id, request),
    ]);
    if (conversion.status !== 200) return this.forwarder.relay(reply, conversion);
    await reply.status(200).send({ ...readJson(conversion, 'conversions-service'), ...deliveries });
  }

  async #deliveries(conversionId: string, request: FastifyRequest): Promise<DeliveriesOfConversion> {
    try {
      const path = `/v1/deliveries?conversionId=${conversionId}&limit=200`;
      const answer = await this.forwarder.ask(
        { service: 'dispatcher-service', method: 'GET', path, timeoutMs: DELIVERIES_TIMEOUT_MS },
        request,
      );
      if (answer.status === 200) {
        const page = readJson(answer, 'dispatcher-service');
        return { deliveries: page['items'], deliveriesCursor: page['nextCursor'] };
      }
      this.logger.warn({ conversionId, status: answer.status }, 'a conversion is shown without its deliveries');
    } catch (error) {
      this.logger.warn({ error, conversionId }, 'a conversion is shown without its deliveries');
    }
    return { deliveries: null, deliveriesCursor: null };
  }
}
