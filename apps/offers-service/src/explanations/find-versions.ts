import type { ConversionStatus } from '@ringback/contracts';
import type { EntityManager } from 'typeorm';

/**
 * The versions that were in force at one of the revisions asked for, and the first known one of each aggregate. A version is in force from
 * its revision up to the next version's. Their records are read only of those: they may be long.
 */
const FIND_VERSIONS = `
  with span as materialized (
    select aggregate_id, version, revision,
      lead(revision) over of_one as until,
      row_number() over of_one = 1 as is_first
    from offers.configuration_version
    where kind = $1 and aggregate_id = any($2::integer[])
    window of_one as (partition by aggregate_id order by version)
  )
  select span.aggregate_id as id, span.version, span.revision::integer, span.until::integer, span.is_first, data.*
  from span
  join offers.configuration_version v on v.kind = $1 and v.aggregate_id = span.aggregate_id and v.version = span.version
  cross join lateral json_to_record(v.record -> 'data') as data (
    "name" text, "affiliateId" integer, "goalId" integer, "conversionStatus" text, "enabled" boolean, "disabledReason" text,
    "deletedAt" text, "goalsEnabled" boolean, "changedBy" text, "updatedAt" text)
  where span.is_first or exists (
    select from unnest($3::bigint[]) as asked (revision)
    where span.revision <= asked.revision and (span.until is null or asked.revision < span.until))
  order by span.aggregate_id, span.version`;

/** What decides whether a callback fires, or how it is told, of one version of an offer or a callback. */
interface VersionRow {
  readonly id: number;
  readonly version: number;
  readonly revision: number;
  /** The revision that ended it; null: it is the newest. */
  readonly until: number | null;
  readonly is_first: boolean;
  readonly name: string | null;
  readonly changedBy: string;
  readonly updatedAt: string;
}

export interface OfferVersionRow extends VersionRow {
  readonly goalsEnabled: boolean;
}

export interface CallbackVersionRow extends VersionRow {
  readonly affiliateId: number;
  readonly goalId: number | null;
  readonly conversionStatus: ConversionStatus;
  readonly enabled: boolean;
  readonly disabledReason: string | null;
  readonly deletedAt: string | null;
}

/** By id, ascending by version. */
export type VersionsById<Row> = ReadonlyMap<number, readonly Row[]>;

export async function findOfferVersions(
  manager: EntityManager,
  offerId: number,
  revisions: readonly number[],
): Promise<readonly OfferVersionRow[]> {
  return manager.query<OfferVersionRow[]>(FIND_VERSIONS, ['offer', [offerId], revisions]);
}

export async function findCallbackVersions(
  manager: EntityManager,
  callbackIds: readonly number[],
  revisions: readonly number[],
): Promise<VersionsById<CallbackVersionRow>> {
  const rows = await manager.query<CallbackVersionRow[]>(FIND_VERSIONS, ['callback', callbackIds, revisions]);
  return Map.groupBy(rows, ({ id }) => id);
}

/** What an aggregate was at a revision. */
export type InForce<Row> =
  | { readonly kind: 'version'; readonly version: Row }
  /** It came later: `first` is its first version. */
  | { readonly kind: 'later'; readonly first: Row }
  /** Its versions of then are gone. */
  | { readonly kind: 'unknown' };

/** @param versions of one aggregate, ascending: those that {@link FIND_VERSIONS} found */
export function inForceAt<Row extends VersionRow>(versions: readonly Row[], revision: number): InForce<Row> {
  const version = versions.find((candidate) => candidate.revision <= revision && (candidate.until === null || revision < candidate.until));
  if (version !== undefined) return { kind: 'version', version };
  const [first] = versions;
  return first !== undefined && first.version === 1 ? { kind: 'later', first } : { kind: 'unknown' };
}
