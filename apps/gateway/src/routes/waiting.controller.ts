import { Controller, Req, Res } from '@nestjs/common';
import { waitingPageSchema, waitingQuerySchema } from '@ringback/contracts';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Endpoint } from '../http/endpoint.js';
import { Forwarder } from '../upstream/forwarder.js';

const example = {
  lag: { events: 2, partitions: [{ partition: 0, nextOffset: 118, endOffset: 120, owner: 'dispatcher-1' }] },
  items: [
    {
      destination: 'https://tracker.example.com:443',
      callbackId: null,
      callbacks: 12,
      parked: 10_000,
      parkedIsCapped: true,
      due: 8_341,
      beingSent: 0,
      oldestDueAt: '2026-01-01T11:42:10.000Z',
      nextDueAt: '2026-01-01T12:00:03.500Z',
      breaker: {
        scope: 'destination',
        openedAt: '2026-01-01T11:42:00.000Z',
        openUntil: '2026-01-01T12:01:20.000Z',
        openings: 6,
        reason: 'connect ECONNREFUSED 203.0.113.7:443',
      },
      pause: null,
      draining: false,
      disabled: false,
      waitsFor: 'destination breaker until 2026-01-01T12:01:20.000Z: connect ECONNREFUSED 203.0.113.7:443',
    },
  ],
  nextCursor: null,
};

/** Owned by dispatcher-service. */
@Controller()
export class WaitingController {
  constructor(private readonly forwarder: Forwarder) {}

  @Endpoint({
    method: 'GET',
    path: '/v1/waiting',
    tag: 'Deliveries',
    summary: 'What waits for whom, and why',
    description:
      'One item per destination; with `callbackId` (one, or up to 200 separated by commas) or `destination` one per callback. Counts end at 10,000. `lag` is what was published and is not worked yet; null while Kafka does not answer.',
    access: 'deliveries:read',
    scope: 'filtered',
    query: waitingQuerySchema,
    answers: { 200: { description: 'A page.', schema: waitingPageSchema, example } },
  })
  readWaiting(@Req() request: FastifyRequest, @Res() reply: FastifyReply) {
    return this.forwarder.forward('dispatcher-service', request, reply);
  }
}
