import type { FieldError } from '@ringback/contracts';
import type { EntityManager } from 'typeorm';
import { AffiliateEntity } from '../affiliates/affiliate.entity.js';
import type { OfferAggregate } from '../offers/offer-aggregate.js';
import type { CallbackContent } from './callback-content.js';

/** @returns what is wrong with the goal and the affiliate that a callback is to have. `current`: as it is; null for a new one. */
export async function checkReferences(
  manager: EntityManager,
  aggregate: OfferAggregate,
  next: CallbackContent,
  current: CallbackContent | null,
): Promise<FieldError[]> {
  const errors = goalErrors(aggregate, next.goalId, current?.goalId ?? null);
  if (next.affiliateId !== current?.affiliateId && !(await manager.existsBy(AffiliateEntity, { id: next.affiliateId })))
    errors.push({ path: 'affiliateId', message: `names no affiliate: ${next.affiliateId} does not exist` });
  return errors;
}

/**
 * A callback keeps its goal through every edit while goals are off, and through the goal's being archived; only a change of it is looked at.
 * @param current the goal that the callback has; null for none, and for a new callback.
 */
export function goalErrors({ offer, goals }: OfferAggregate, next: number | null, current: number | null): FieldError[] {
  const path = 'goalId';
  if (next === current) return [];
  if (!offer.goalsEnabled)
    return [{ path, message: `cannot change from ${current} to ${next} while the offer's goals are off: turn them on first` }];
  if (next === null) return [];
  const goal = goals.find(({ id }) => id === next);
  if (goal === undefined) return [{ path, message: `is no goal of this offer: ${next}` }];
  return goal.archived ? [{ path, message: `is an archived goal: ${next}` }] : [];
}
