import type { ConversionInput, FieldError } from '@ringback/contracts';
import { conflict, invalid, unavailable, type Refusal } from '../ledger/refusal.js';
import type { ConfigurationIndex } from './configuration-index.js';

/**
 * How far the index is known to be read, for one request:
 * - `fresh`: to an end of the topic that was asked for after the request arrived;
 * - `unreachable`: Kafka is away, so the newest read is all there is;
 * - `behind`: reading takes longer than a request may wait;
 * - `unread`: not yet to the end that was there when the service started.
 */
export type Freshness = 'fresh' | 'unreachable' | 'behind' | 'unread';

/** Why nothing can be recorded at this freshness, or null. Also for status updates: their events carry the revision as well. */
export function refuseByFreshness(freshness: Freshness): Refusal | null {
  if (freshness === 'unread') return unavailable('The configuration is still being read: try again in a moment.');
  if (freshness === 'behind') return unavailable('Reading the configuration has fallen behind: try again in a moment.');
  return null;
}

/** What a conversion of an offer that does not exist is refused with; of one that its sender does not reach, too. */
export function unknownOffer(offerId: number): Refusal {
  return invalid(NAMES_NOTHING, [noOffer(offerId)]);
}

const NAMES_NOTHING = 'The conversion names something that does not exist.';

function noOffer(offerId: number): FieldError {
  return { path: 'offerId', message: `there is no offer ${offerId}` };
}

/**
 * Whether a new conversion may be recorded under the index (ARCHITECTURE.md, rules of matching, 6): its offer, affiliate and goal must be known, and neither
 * offer nor goal archived. `paused` refuses nothing; a goal is accepted while the offer's goals are off. While Kafka is away, what the
 * index does not know may exist: `unavailable`, never `invalid`.
 * @returns why not, or null.
 */
export function checkRecording(index: ConfigurationIndex, freshness: Freshness, input: ConversionInput): Refusal | null {
  const stale = refuseByFreshness(freshness);
  if (stale !== null) return stale;
  const offer = index.offer(input.offerId);
  const goalId = input.goalId ?? null;
  const errors: FieldError[] = [];
  if (offer === undefined) errors.push(noOffer(input.offerId));
  if (!index.hasAffiliate(input.affiliateId)) errors.push({ path: 'affiliateId', message: `there is no affiliate ${input.affiliateId}` });
  if (offer !== undefined && goalId !== null && !offer.goals.has(goalId))
    errors.push({ path: 'goalId', message: `offer ${input.offerId} has no goal ${goalId}` });
  if (errors.length > 0 && freshness === 'unreachable')
    return unavailable('Kafka is away, so the newest configuration cannot be read: try again in a moment.');
  if (errors.length > 0 || offer === undefined) return invalid(NAMES_NOTHING, errors);
  if (offer.status === 'archived') return conflict(`Offer ${input.offerId} is archived and takes no new conversions.`, 'offerId');
  if (goalId !== null && offer.goals.get(goalId) === true)
    return conflict(`Goal ${goalId} is archived and takes no new conversions.`, 'goalId');
  return null;
}
