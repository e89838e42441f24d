import type { ConfigurationKey } from '@ringback/contracts';
import type { EntityManager } from 'typeorm';

/** One version of one aggregate, as it is kept for ever. */
export interface NewVersion extends ConfigurationKey {
  readonly revision: number;
  readonly changedBy: string;
  readonly updatedAt: string;
  /** Set on the version that is a deletion. */
  readonly deletedAt: string | null;
  /** The record's text, as it is on Kafka. */
  readonly record: string;
}

/** Writes a version, and since when the one before it is superseded. */
export async function insertVersion(manager: EntityManager, version: NewVersion): Promise<void> {
  await manager.query(
    `with superseded as (
       update offers.configuration_version set obsolete_at = $1
       where kind = $2 and aggregate_id = $3 and version = $4::integer - 1 and tombstoned_at is null
     )
     insert into offers.configuration_version (obsolete_at, kind, aggregate_id, version, revision, changed_by, record)
     values ($5, $2, $3, $4, $6, $7, $8)`,
    [version.updatedAt, version.kind, version.id, version.version, version.deletedAt, version.revision, version.changedBy, version.record],
  );
}
