import { Controller, Req, Res } from '@nestjs/common';
import {
  deadLetterDetailSchema,
  deadLetterListQuerySchema,
  deadLetterPageSchema,
  deadLetterReplayInputSchema,
  deadLetterSchema,
  deadLettersReplayInputSchema,
  deadLettersReplaySchema,
  type DeadLetterPage,
  type DeadLettersReplay,
} from '@ringback/contracts';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Endpoint } from '../http/endpoint.js';
import { DeadLetters } from '../upstream/dead-letters.js';

const tag = 'Dead letters';
const example = {
  id: 'dispatcher-service:conversions.events:3:1204',
  service: 'dispatcher-service',
  topic: 'conversions.events',
  partition: 3,
  offset: 1204,
  reason: 'unreadable: data.conversion.status: Invalid option',
  recordedAt: '2026-01-01T12:00:00.000Z',
  replayedAt: null,
  replayedBy: null,
};
const detail = {
  ...example,
  key: { text: '01b77890-8e00-7a3e-9f10-5c2d8e41b6a7', bytes: 36, truncated: false },
  value: { text: '{"specversion":"1.0"}', bytes: 21, truncated: false },
};
const replay = { replayed: 41, refusedCount: 1, refused: [{ id: example.id, why: 'the topic no longer has it' }], more: false };

/** Kept by each service that consumes; joined here. */
@Controller()
export class DeadLettersController {
  constructor(private readonly deadLetters: DeadLetters) {}

  @Endpoint({
    method: 'GET',
    path: '/v1/dead-letters',
    tag,
    summary: 'List messages that could not be read or worked',
    description: 'Of all services, newest first. `reason` is the code before the colon, such as `unreadable` or `too-old`.',
    access: 'deliveries:read',
    scope: 'network-wide',
    query: deadLetterListQuerySchema,
    answers: { 200: { description: 'A page.', schema: deadLetterPageSchema, example: { items: [example], nextCursor: null } } },
  })
  async listDeadLetters(@Req() request: FastifyRequest): Promise<DeadLetterPage> {
    return this.deadLetters.list(request);
  }

  @Endpoint({
    method: 'GET',
    path: '/v1/dead-letters/:deadLetterId',
    tag,
    summary: 'Read a dead letter with its message',
    description: 'Up to 64 KiB of the message, as text, or base64 where it is none.',
    access: 'deliveries:read',
    scope: 'network-wide',
    answers: { 200: { description: 'The letter.', schema: deadLetterDetailSchema, example: detail } },
  })
  readDeadLetter(@Req() request: FastifyRequest, @Res() reply: FastifyReply) {
    return this.deadLetters.forward(request, reply);
  }

  @Endpoint({
    method: 'POST',
    path: '/v1/dead-letters/:deadLetterId/replay',
    tag,
    summary: 'Put a message into its topic once more',
    description:
      'It goes the way of any other: what is known already is not done again. 409 for one that was replayed before, unless `force` is set, and for one that would be refused again, such as an event that is older than the log is kept.',
    access: 'deliveries:write',
    scope: 'network-wide',
    body: { schema: deadLetterReplayInputSchema, example: { force: false } },
    answers: { 200: { description: 'Kafka has it; the letter stays, marked.', schema: deadLetterSchema, example } },
    problems: [409],
  })
  replayDeadLetter(@Req() request: FastifyRequest, @Res() reply: FastifyReply) {
    return this.deadLetters.forward(request, reply);
  }

  @Endpoint({
    method: 'POST',
    path: '/v1/dead-letters/replay',
    tag,
    summary: 'Put all messages that a filter matches into their topics once more',
    description: 'Those that were not replayed before, the oldest first, up to 1,000; `more` says that there may be others.',
    access: 'deliveries:write',
    scope: 'network-wide',
    body: { schema: deadLettersReplayInputSchema, example: { service: 'conversions-service', reason: 'unreadable' } },
    answers: { 200: { description: 'What became of them.', schema: deadLettersReplaySchema, example: replay } },
  })
  async replayDeadLetters(@Req() request: FastifyRequest, @Res({ passthrough: true }) reply: FastifyReply): Promise<DeadLettersReplay> {
    void reply.status(200);
    return this.deadLetters.replayAll(request);
  }
}
