import type { ConfigurationEvent, ConfigurationKey } from '@ringback/contracts';
import { Column, Entity, PrimaryColumn } from 'typeorm';
import { bigintNumber } from './versioned.js';

/** One version of one aggregate, kept for ever. */
@Entity({ name: 'configuration_version', schema: 'offers' })
export class ConfigurationVersionEntity {
  @PrimaryColumn({ type: 'text' })
  kind!: ConfigurationKey['kind'];

  @PrimaryColumn({ name: 'aggregate_id', type: 'integer' })
  aggregateId!: number;

  @PrimaryColumn({ type: 'integer' })
  version!: number;

  @Column({ type: 'bigint', transformer: bigintNumber })
  revision!: number;

  @Column({ name: 'changed_by', type: 'text' })
  changedBy!: string;

  /** What went to Kafka under the key of this version. */
  @Column({ type: 'json' })
  record!: ConfigurationEvent;

  /** Since when it is superseded, or, for the version that is a deletion, since when it is deleted. */
  @Column({ name: 'obsolete_at', type: 'timestamptz', nullable: true })
  obsoleteAt!: Date | null;

  @Column({ name: 'tombstoned_at', type: 'timestamptz', nullable: true })
  tombstonedAt!: Date | null;
}
