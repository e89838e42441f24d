import type { CallbackVersion } from '@ringback/contracts';
import { Column, Entity, PrimaryColumn } from 'typeorm';
import { Versioned } from '../changes/versioned.js';

/** A callback as its newest version says. Secrets are sealed. A deleted one stays, with `deletedAt`. */
@Entity({ name: 'callback', schema: 'offers' })
export class CallbackEntity extends Versioned {
  /** Drawn before the row is written: the secrets in it are sealed with it. */
  @PrimaryColumn({ type: 'integer' })
  id!: number;

  @Column({ name: 'offer_id', type: 'integer' })
  offerId!: number;

  @Column({ type: 'text', nullable: true })
  name!: string | null;

  @Column({ name: 'affiliate_id', type: 'integer' })
  affiliateId!: number;

  @Column({ name: 'goal_id', type: 'integer', nullable: true })
  goalId!: number | null;

  @Column({ name: 'conversion_status', type: 'text' })
  conversionStatus!: CallbackVersion['conversionStatus'];

  @Column({ type: 'text' })
  url!: string;

  @Column({ name: 'http_type', type: 'text' })
  httpType!: CallbackVersion['httpType'];

  @Column({ name: 'basic_auth', type: 'jsonb', nullable: true })
  basicAuth!: CallbackVersion['basicAuth'];

  @Column({ name: 'request_params', type: 'jsonb' })
  requestParams!: CallbackVersion['requestParams'];

  @Column({ name: 'request_headers', type: 'jsonb' })
  requestHeaders!: CallbackVersion['requestHeaders'];

  @Column({ type: 'boolean' })
  enabled!: boolean;

  @Column({ name: 'disabled_reason', type: 'text', nullable: true })
  disabledReason!: string | null;

  @Column({ type: 'text' })
  retry!: CallbackVersion['retry'];

  @Column({ name: 'timeout_ms', type: 'integer' })
  timeoutMs!: number;

  @Column({ name: 'max_per_second', type: 'integer', nullable: true })
  maxPerSecond!: number | null;

  @Column({ type: 'text' })
  ordering!: CallbackVersion['ordering'];

  @Column({ name: 'signing_secrets', type: 'jsonb' })
  signingSecrets!: CallbackVersion['signingSecrets'];

  @Column({ name: 'deleted_at', type: 'timestamptz', nullable: true })
  deletedAt!: Date | null;
}
