import { fieldErrors, uuidSchema, type ConversionDetail, type NewestEvent } from '@ringback/contracts';
import { problem, ProblemError } from '@ringback/service-runtime';
import type { FastifyRequest } from 'fastify';
import type { JsonBody } from '../http/json-body.js';
import { readJson, type Forwarder } from './forwarder.js';

/** offers-service knows no conversions: the one that a preview names is put into its request here. */
export class PreviewConversion {
  constructor(private readonly forwarder: Forwarder) {}

  /**
   * @returns the body with `conversion` and its newest `event` in place of `conversionId`, or undefined when it names none: then it goes on as it is.
   * @throws {ProblemError} 422 when the conversion does not exist, or the client sends one itself.
   */
  async fillIn(request: FastifyRequest): Promise<Buffer | undefined> {
    const input = (request.body as JsonBody | undefined)?.value;
    if (typeof input !== 'object' || input === null || Array.isArray(input)) return undefined;
    for (const path of ['conversion', 'event'])
      if (Object.hasOwn(input, path)) throw problem.unprocessable([{ path, message: 'is not a field here: send conversionId' }]);
    if (!Object.hasOwn(input, 'conversionId')) return undefined;
    const { conversionId, ...rest } = input as { conversionId: unknown };
    return Buffer.from(JSON.stringify({ ...rest, ...(await this.#read(conversionId, request)) }), 'utf8');
  }

  async #read(conversionId: unknown, request: FastifyRequest): Promise<{ conversion: unknown; event?: NewestEvent }> {
    const id = uuidSchema.safeParse(conversionId);
    if (!id.success) throw problem.unprocessable(fieldErrors(id.error, 'conversionId'));
    const answer = await this.forwarder.ask({ service: 'conversions-service', method: 'GET', path: `/v1/conversions/${id.data}` }, request);
    if (answer.status === 404) throw problem.unprocessable([{ path: 'conversionId', message: 'names no conversion' }]);
    if (answer.status === 503) throw problem.unavailable('conversions-service cannot answer: try again shortly');
    if (answer.status !== 200) throw new ProblemError(502, `conversions-service: it answered ${answer.status} for a conversion`);
    const { history, ...conversion } = readJson(answer, 'conversions-service');
    // Of the version that was read: the history may know a later one.
    const entry = (history as ConversionDetail['history']).find(({ version }) => version === conversion['version']);
    if (entry === undefined) return { conversion };
    return { conversion, event: { id: entry.eventId, previousStatus: entry.previousStatus } };
  }
}
