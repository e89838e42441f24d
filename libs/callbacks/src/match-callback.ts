import {
  hasAffiliate,
  hasGoal,
  hasNewStatus,
  hasStatus,
  isEnabled,
  isGoalIgnored,
  isNotDeleted,
  type CallbackConditions,
  type MatchedEvent,
} from './conditions.js';

/** The first condition that an event does not meet. */
export type Mismatch = 'deleted' | 'disabled' | 'status-unchanged' | 'affiliate' | 'status' | 'goal';

/**
 * Why a callback does not fire for an event of its offer (ARCHITECTURE.md, rules of matching). Pure: no clock, no order among callbacks.
 *
 * @param callback its version in force at the event's revision
 * @param goalsEnabled of the offer's version in force at the event's revision
 * @returns the first condition that is not met, or null: it fires
 */
export function mismatch(callback: CallbackConditions, event: MatchedEvent, goalsEnabled: boolean): Mismatch | null {
  if (!isNotDeleted(callback)) return 'deleted';
  if (!isEnabled(callback)) return 'disabled';
  if (!hasNewStatus(event)) return 'status-unchanged';
  if (!hasAffiliate(callback, event)) return 'affiliate';
  if (!hasStatus(callback, event)) return 'status';
  if (!isGoalIgnored(callback, goalsEnabled) && !hasGoal(callback, event)) return 'goal';
  return null;
}

/** @returns whether the callback fires for an event of its offer: see {@link mismatch}. */
export function conditionsMatch(callback: CallbackConditions, event: MatchedEvent, goalsEnabled: boolean): boolean {
  return mismatch(callback, event, goalsEnabled) === null;
}
