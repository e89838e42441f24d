import type { Conversion, ConversionStatus } from '@ringback/contracts';

/** A row of `conversions.conversion`. `detail` holds what is never searched for: all details but transaction and click id. */
export interface ConversionRow {
  readonly id: string;
  readonly offer_id: number;
  readonly affiliate_id: number;
  readonly goal_id: number | null;
  readonly status: ConversionStatus;
  readonly reject_reason: string | null;
  readonly version: number;
  readonly transaction_id: string | null;
  readonly click_id: string | null;
  readonly detail: Readonly<Record<string, unknown>>;
  readonly created_at: Date;
  readonly status_at: Date;
  readonly erased_at: Date | null;
}

/** The columns of {@link ConversionRow}, of the table under the given alias. */
export function conversionColumns(alias: string): string {
  return ['id', 'offer_id', 'affiliate_id', 'goal_id', 'status', 'reject_reason', 'version', 'transaction_id', 'click_id']
    .concat(['detail', 'created_at', 'status_at', 'erased_at'])
    .map((column) => `${alias}.${column}`)
    .join(', ');
}

export function conversionFromRow(row: ConversionRow): Conversion {
  return {
    id: row.id,
    version: row.version,
    offerId: row.offer_id,
    affiliateId: row.affiliate_id,
    goalId: row.goal_id,
    status: row.status,
    rejectReason: row.reject_reason,
    ...(row.transaction_id === null ? {} : { transactionId: row.transaction_id }),
    ...(row.click_id === null ? {} : { clickId: row.click_id }),
    ...row.detail,
    createdAt: row.created_at.toISOString(),
    statusAt: row.status_at.toISOString(),
    ...(row.erased_at === null ? {} : { erasedAt: row.erased_at.toISOString() }),
  };
}

/** @returns the JSON of the column `detail`. */
export function detailJson(conversion: Conversion): string {
  const {
    id,
    version,
    offerId,
    affiliateId,
    goalId,
    status,
    rejectReason,
    transactionId,
    clickId,
    createdAt,
    statusAt,
    erasedAt,
    ...detail
  } = conversion;
  return JSON.stringify(detail);
}
