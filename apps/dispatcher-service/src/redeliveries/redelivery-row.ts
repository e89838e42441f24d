import {
  redeliverySkipSchema,
  type Redelivery,
  type RedeliveryFilter,
  type RedeliverySkip,
  type RedeliveryState,
} from '@ringback/contracts';

/** Of `dispatcher.redelivery as job`. */
export const REDELIVERY_COLUMNS = `job.id, job.state::text as state, job.filter, job.as_new, job.rate_per_second, job.created_by, job.created_at,
  job.total, job.total_is_exact, job.is_searched, job.waits_for, job.finished_at,
  (select coalesce(jsonb_object_agg(outcome, count), '{}')
   from (select outcome, sum(count) as count from dispatcher.redelivery_count where redelivery_id = job.id group by outcome) as summed) as counts,
  (select count(*)::integer from dispatcher.parked where redelivery_id = job.id) as waiting`;

export interface RedeliveryRow {
  readonly id: string;
  readonly state: RedeliveryState;
  readonly filter: RedeliveryFilter;
  readonly as_new: boolean;
  readonly rate_per_second: number;
  readonly created_by: string;
  readonly created_at: Date;
  readonly total: number;
  readonly total_is_exact: boolean;
  readonly is_searched: boolean;
  readonly waits_for: string | null;
  readonly finished_at: Date | null;
  /** By outcome: `enqueued`, `delivered`, `failed`, `withdrawn`, and the reasons for which some were skipped. */
  readonly counts: Readonly<Record<string, number>>;
  readonly waiting: number;
}

/** What of the counts makes up the total: given out, or skipped. */
export const FOUND_OUTCOMES: readonly string[] = ['enqueued', ...redeliverySkipSchema.options];

export function toRedelivery(row: RedeliveryRow, nowMs: number): Redelivery {
  const { counts } = row;
  const skipped = redeliverySkipSchema.options.flatMap((reason) => skippedFor(reason, counts[reason] ?? 0));
  const enqueued = counts['enqueued'] ?? 0;
  const left = row.total - enqueued - skipped.reduce((sum, { count }) => sum + count, 0);
  const isUnderWay = row.state === 'running' && !row.is_searched && row.total_is_exact && row.waits_for === null;
  return {
    id: row.id,
    state: row.state,
    filter: row.filter,
    asNew: row.as_new,
    ratePerSecond: row.rate_per_second,
    createdBy: row.created_by,
    createdAt: row.created_at.toISOString(),
    total: row.total,
    totalIsExact: row.total_is_exact,
    enqueued,
    waiting: row.waiting,
    delivered: counts['delivered'] ?? 0,
    failed: counts['failed'] ?? 0,
    withdrawn: counts['withdrawn'] ?? 0,
    skipped,
    waitsFor: row.state === 'running' ? row.waits_for : null,
    expectedEndAt: isUnderWay ? new Date(nowMs + (Math.max(0, left) * 1_000) / row.rate_per_second).toISOString() : null,
    finishedAt: row.finished_at?.toISOString() ?? null,
  };
}

function skippedFor(reason: RedeliverySkip, count: number): Redelivery['skipped'] {
  return count === 0 ? [] : [{ reason, count }];
}
