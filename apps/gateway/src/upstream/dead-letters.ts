import {
  DEAD_LETTER_SERVICES,
  deadLetterIdSchema,
  deadLetterListQuerySchema,
  deadLettersReplayInputSchema,
  decodeCursor,
  encodeCursor,
  fieldErrors,
  parseDeadLetterId,
  type DeadLetterListQuery,
  type DeadLetterPage,
  type DeadLetterService,
  type DeadLettersReplay,
} from '@ringback/contracts';
import { problem, ProblemError } from '@ringback/service-runtime';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { edgeContext } from '../http/http-edge.js';
import type { JsonBody } from '../http/json-body.js';
import { readJson, type Forwarder } from './forwarder.js';

/** Of each service that has more, the last letter that was shown; empty: none yet. */
const cursorSchema = z.partialRecord(z.enum(DEAD_LETTER_SERVICES), z.union([z.literal(''), deadLetterIdSchema]));
type Positions = z.infer<typeof cursorSchema>;

/** The dead letters of all services, as one list. Each service keeps its own; the gateway holds none. */
export class DeadLetters {
  constructor(private readonly forwarder: Forwarder) {}

  /** Passes on what is about one letter, to the service that its id names. */
  async forward(request: FastifyRequest, reply: FastifyReply): Promise<void> {
    const { service } = parseDeadLetterId(edgeContext(request).parameters['deadLetterId']!)!;
    await this.forwarder.forward(service, request, reply);
  }

  /** A page of all, newest first: a page of each, merged; what is left over is asked for again. */
  async list(request: FastifyRequest): Promise<DeadLetterPage> {
    const query = deadLetterListQuerySchema.parse(request.query);
    const positions = startOf(query);
    const services = Object.keys(positions) as DeadLetterService[];
    const pages = await Promise.all(services.map((service) => this.#page(service, query, positions[service]!, request)));
    const items = pages
      .flatMap((page) => page.items)
      .toSorted((a, b) => (a.recordedAt < b.recordedAt ? 1 : a.recordedAt > b.recordedAt ? -1 : 0))
      .slice(0, query.limit);
    const next: Positions = {};
    services.forEach((service, index) => {
      const page = pages[index]!;
      const shown = items.filter((item) => item.service === service);
      if (shown.length < page.items.length || page.nextCursor !== null) next[service] = shown.at(-1)?.id ?? positions[service]!;
    });
    return { items, nextCursor: Object.keys(next).length === 0 ? null : encodeCursor(next as Record<string, string>) };
  }

  /** Replays in each service in turn, until the limit is reached. */
  async replayAll(request: FastifyRequest): Promise<DeadLettersReplay> {
    const parsed = deadLettersReplayInputSchema.safeParse((request.body as JsonBody | undefined)?.value ?? {});
    if (!parsed.success) throw problem.unprocessable(fieldErrors(parsed.error));
    const { limit, service: only, ...filter } = parsed.data;
    const total = { replayed: 0, refusedCount: 0, refused: [] as DeadLettersReplay['refused'], more: false };
    for (const service of only === undefined ? DEAD_LETTER_SERVICES : [only]) {
      const left = limit - total.replayed - total.refusedCount;
      if (left <= 0) return { ...total, more: true };
      const body = Buffer.from(JSON.stringify({ ...filter, limit: left }), 'utf8');
      const path = '/v1/dead-letters/replay';
      const headers = { 'content-type': 'application/json' };
      const answer = await this.forwarder.ask({ service, method: 'POST', path, headers, body, atLeastMs: REPLAY_TIMEOUT_MS }, request);
      if (answer.status === 503) throw problem.unavailable(`${service}: ${String(readJson(answer, service)['detail'])}`);
      if (answer.status !== 200) throw new ProblemError(502, `${service}: it answered ${answer.status} for a replay`);
      const { replayed, refusedCount, refused, more } = readJson(answer, service) as unknown as DeadLettersReplay;
      total.replayed += replayed;
      total.refusedCount += refusedCount;
      total.refused.push(...refused.slice(0, 100 - total.refused.length));
      total.more ||= more;
    }
    return total;
  }

  async #page(service: DeadLetterService, query: DeadLetterListQuery, after: string, request: FastifyRequest): Promise<DeadLetterPage> {
    const { limit, reason, from, to, replayed } = query;
    const parameters = { limit, reason, from, to, replayed, cursor: after === '' ? undefined : encodeCursor({ before: after }) };
    const given = new URLSearchParams();
    for (const [name, value] of Object.entries(parameters)) if (value !== undefined) given.set(name, String(value));
    const path = `/v1/dead-letters?${given.toString()}`;
    const answer = await this.forwarder.ask({ service, method: 'GET', path }, request);
    if (answer.status === 503) throw problem.unavailable(`${service} cannot answer: try again shortly, or ask for another service's`);
    if (answer.status !== 200) throw new ProblemError(502, `${service}: it answered ${answer.status} for its dead letters`);
    return readJson(answer, service) as unknown as DeadLetterPage;
  }
}

/** A thousand letters, in chunks that Kafka acknowledges one by one, in ms. */
const REPLAY_TIMEOUT_MS = 60_000;

function startOf({ cursor, service }: DeadLetterListQuery): Positions {
  if (cursor === undefined) return Object.fromEntries((service === undefined ? DEAD_LETTER_SERVICES : [service]).map((name) => [name, '']));
  const positions = decodeCursor(cursor, cursorSchema);
  if (positions === null) throw problem.unprocessable([{ path: 'cursor', message: 'is not one that this list handed out' }]);
  return positions;
}
