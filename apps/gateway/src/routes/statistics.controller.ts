import { Controller, Req, Res } from '@nestjs/common';
import { statisticsQuerySchema, statisticsSchema } from '@ringback/contracts';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Endpoint } from '../http/endpoint.js';
import { Forwarder } from '../upstream/forwarder.js';

const figures = {
  delivered: 980,
  deliveredFirstTry: 941,
  exhausted: 5,
  cancelled: 0,
  redelivered: 3,
  redeliveriesFailed: 0,
  attempts: 1_102,
  failedAttempts: 119,
  retries: 117,
  successRate: 0.9949,
  firstTryRate: 0.9553,
  latencyMs: { p50: 96.4, p90: 310.2, p99: 5_480 },
  durationMs: { p50: 84.1, p90: 240, p99: 1_090 },
};

const example = {
  from: '2026-01-01T11:00:00.000Z',
  to: '2026-01-01T12:00:00.000Z',
  interval: 'hour',
  timezone: 'UTC',
  groupBy: 'destination',
  buckets: ['2026-01-01T11:00:00.000Z'],
  totals: figures,
  groups: [{ key: { destination: 'https://tracker.example.com:443' }, totals: figures, series: [figures] }],
  hasMoreGroups: false,
};

/** Owned by dispatcher-service. */
@Controller()
export class StatisticsController {
  constructor(private readonly forwarder: Forwarder) {}

  @Endpoint({
    method: 'GET',
    path: '/v1/stats/deliveries',
    tag: 'Deliveries',
    summary: 'Statistics of deliveries',
    description:
      'Counts by outcome, rates of success and percentiles of time, over buckets of time and by group; what was recorded shows within seconds. ' +
      'A delivery counts in the bucket in which its end was recorded, an attempt in that of its own recording. `from` and `to` are widened to ' +
      'whole buckets; by default the last 24 hours. Ranges: `minute` up to 6 hours of the last 2 days, `hour` up to 31 days of the last 60, `day` ' +
      'and `none` (sums without a series) up to 400 days. Buckets times groups are at most 10,000. Days begin at midnight in `timezone`, of the ' +
      'last 60 days, older ones in UTC only; where midnight falls within an hour of UTC, the day begins with that hour.',
    access: 'deliveries:read',
    scope: 'filtered',
    query: statisticsQuerySchema,
    answers: { 200: { description: 'The figures.', schema: statisticsSchema, example } },
  })
  readStatistics(@Req() request: FastifyRequest, @Res() reply: FastifyReply) {
    return this.forwarder.forward('dispatcher-service', request, reply);
  }
}
