import type { CallbackVersion, ConversionEvent } from '@ringback/contracts';

/** What of a callback decides whether it fires. */
export type CallbackConditions = Pick<CallbackVersion, 'affiliateId' | 'goalId' | 'conversionStatus' | 'enabled' | 'deletedAt'>;

/** The first condition that an event does not meet. */
export type Mismatch = 'deleted' | 'disabled' | 'status-unchanged' | 'affiliate' | 'status' | 'goal';

/**
 * Why a callback does not fire for an event of its offer (ARCHITECTURE.md, rules of matching). Pure: no clock, no order among callbacks.
 *
 * @param callback its version in force at the event's revision
 * @param goalsEnabled of the offer's version in force at the event's revision
 * @returns the first condition that is not met, or null: it fires
 */
export function mismatch(callback: CallbackConditions, event: ConversionEvent, goalsEnabled: boolean): Mismatch | null {
  const { conversion } = event.data;
  if (callback.deletedAt !== null) return 'deleted';
  if (!callback.enabled) return 'disabled';
  if (event.type === 'StatusChanged' && event.data.previousStatus === conversion.status) return 'status-unchanged';
  if (callback.affiliateId !== conversion.affiliateId) return 'affiliate';
  if (callback.conversionStatus !== conversion.status) return 'status';
  if (goalsEnabled && callback.goalId !== null && callback.goalId !== conversion.goalId) return 'goal';
  return null;
}

/** @returns whether the callback fires for an event of its offer: see {@link mismatch}. */
export function conditionsMatch(callback: CallbackConditions, event: ConversionEvent, goalsEnabled: boolean): boolean {
  return mismatch(callback, event, goalsEnabled) === null;
}
