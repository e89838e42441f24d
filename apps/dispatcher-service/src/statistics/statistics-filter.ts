import type { Level } from './rollup.js';
import type { TallyKey } from './tally.js';

/** Whose figures are asked for. */
export interface StatisticsFilter {
  /** The only offers that the caller may see; null: all. */
  readonly offerIds: readonly number[] | null;
  readonly offerId: number | null;
  readonly affiliateId: number | null;
  readonly callbackIds: readonly number[] | null;
  /** Empty: what had no request. */
  readonly destination: string | null;
}

/** What figures are told apart by. */
export type Dimension = 'offer' | 'affiliate' | 'callback' | 'destination';

/** The column of a dimension. */
export const COLUMN_OF = { offer: 'offer_id', affiliate: 'affiliate_id', callback: 'callback_id', destination: 'destination' } as const;

/** @returns the widest level that knows all that is filtered by, and told apart. */
export function levelFor(filter: StatisticsFilter, dimension: Dimension | null): Level {
  const needed = new Set<Dimension>(dimension === null ? [] : [dimension]);
  if (filter.offerIds !== null || filter.offerId !== null) needed.add('offer');
  if (filter.affiliateId !== null) needed.add('affiliate');
  if (filter.callbackIds !== null) needed.add('callback');
  if (filter.destination !== null) needed.add('destination');
  if (needed.size > 1) return 'callback';
  return [...needed][0] ?? 'all';
}

/** As the statement of {@link ./read-rollups.ts} filters, of a tally that is not summed yet. */
export function passes(key: TallyKey, filter: StatisticsFilter): boolean {
  return (
    (filter.offerIds === null || filter.offerIds.includes(key.offerId)) &&
    (filter.offerId === null || filter.offerId === key.offerId) &&
    (filter.affiliateId === null || filter.affiliateId === key.affiliateId) &&
    (filter.callbackIds === null || filter.callbackIds.includes(key.callbackId)) &&
    (filter.destination === null || filter.destination === key.destination)
  );
}

/** @returns what a tally is told apart by; empty when by nothing. */
export function keyOf(key: TallyKey, dimension: Dimension | null): number | string {
  switch (dimension) {
    case null:
      return '';
    case 'offer':
      return key.offerId;
    case 'affiliate':
      return key.affiliateId;
    case 'callback':
      return key.callbackId;
    case 'destination':
      return key.destination;
  }
}
