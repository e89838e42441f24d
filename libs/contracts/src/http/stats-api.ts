import { z } from 'zod';
import { askedTimeSchema, idSchema } from '../fields.js';
import { text } from '../text.js';
import { idListSchema } from './id-list.js';

/** Longest range of each interval, in days; `none` is a sum without a series. */
export const STATISTICS_MAX_DAYS = { minute: 0.25, hour: 31, day: 400, none: 400 } as const;
/** How long each interval can be asked for, in days back from now. */
export const STATISTICS_KEPT_DAYS = { minute: 2, hour: 60, day: 400, none: 400 } as const;
/** Points of an answer: buckets times groups. */
export const STATISTICS_MAX_POINTS = 10_000;

export const statisticsIntervalSchema = z.enum(['minute', 'hour', 'day', 'none']);
export type StatisticsInterval = z.infer<typeof statisticsIntervalSchema>;

export const statisticsGroupBySchema = z.enum(['none', 'offer', 'affiliate', 'callback', 'destination', 'status']);
export type StatisticsGroupBy = z.infer<typeof statisticsGroupBySchema>;

/** `count`: most settled first. `failures`: most failed attempts first. `slowest`: by the 90th percentile of the requests' duration. */
export const statisticsOrderSchema = z.enum(['count', 'failures', 'slowest']);
export type StatisticsOrder = z.infer<typeof statisticsOrderSchema>;

export const statisticsQuerySchema = z.strictObject({
  /** Widened to whole buckets. By default the 24 hours, or the range that the interval allows, before `to`. */
  from: askedTimeSchema.optional(),
  /** By default the end of the hour. */
  to: askedTimeSchema.optional(),
  interval: statisticsIntervalSchema.default('hour'),
  groupBy: statisticsGroupBySchema.default('none'),
  offerId: z.coerce.number().pipe(idSchema).optional(),
  affiliateId: z.coerce.number().pipe(idSchema).optional(),
  callbackId: idListSchema.optional(),
  destination: text(4_200).optional(),
  /** IANA name: where days begin. */
  timezone: text(64).default('UTC'),
  limit: z.coerce.number().int().min(1).max(200).default(20),
  order: statisticsOrderSchema.default('count'),
});
export type StatisticsQuery = z.infer<typeof statisticsQuerySchema>;

/** Nearest-rank percentiles in ms, each within 4.8 % of the true one; null when there is nothing to tell. */
export const percentilesSchema = z.object({ p50: z.number(), p90: z.number(), p99: z.number() }).nullable();
export type Percentiles = z.infer<typeof percentilesSchema>;

/** What happened within a time: a delivery counts when it was recorded that it ended, an attempt when it was recorded that it was made. */
export const statisticsFiguresSchema = z.object({
  delivered: z.int(),
  /** Of these, by the first attempt. */
  deliveredFirstTry: z.int(),
  exhausted: z.int(),
  cancelled: z.int(),
  /** Deliveries that had ended and were sent again, with success; they count in none of the above. */
  redelivered: z.int(),
  redeliveriesFailed: z.int(),
  /** Requests made, those of redeliveries too. */
  attempts: z.int(),
  failedAttempts: z.int(),
  /** Attempts after the first of their delivery. */
  retries: z.int(),
  /** In the end: delivered ÷ (delivered + exhausted); null when none ended. */
  successRate: z.number().nullable(),
  /** On the first try: deliveredFirstTry ÷ first attempts; null when there were none. */
  firstTryRate: z.number().nullable(),
  /** Event recorded → 2xx, of what was delivered. */
  latencyMs: percentilesSchema,
  /** Of requests, answered or not. */
  durationMs: percentilesSchema,
});
export type StatisticsFigures = z.infer<typeof statisticsFiguresSchema>;

/** What a group stands for: the field of `groupBy`; a callback's offer and affiliate beside it. */
export const statisticsKeySchema = z.object({
  offerId: idSchema.optional(),
  affiliateId: idSchema.optional(),
  callbackId: idSchema.optional(),
  /** Null: no request was made. */
  destination: z.string().nullable().optional(),
  status: z.enum(['delivered', 'exhausted', 'cancelled']).optional(),
});
export type StatisticsKey = z.infer<typeof statisticsKeySchema>;

export const statisticsGroupSchema = z.object({
  key: statisticsKeySchema,
  totals: statisticsFiguresSchema,
  /** One entry a bucket, in their order; empty with `interval=none`. */
  series: z.array(statisticsFiguresSchema),
});
export type StatisticsGroup = z.infer<typeof statisticsGroupSchema>;

export const statisticsSchema = z.object({
  /** The range that was summed: whole buckets. */
  from: z.string(),
  to: z.string(),
  interval: statisticsIntervalSchema,
  timezone: z.string(),
  groupBy: statisticsGroupBySchema,
  /** Where each bucket begins; the last one ends at `to`. */
  buckets: z.array(z.string()),
  /** Of all that the filter matches, also of groups that are not shown. */
  totals: statisticsFiguresSchema,
  groups: z.array(statisticsGroupSchema),
  /** There are more groups than `limit`. */
  hasMoreGroups: z.boolean(),
});
export type Statistics = z.infer<typeof statisticsSchema>;
