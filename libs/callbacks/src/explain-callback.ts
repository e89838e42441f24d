import type { ConversionStatus } from '@ringback/contracts';
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

/** `ignored` keeps no callback from firing: its goal, while the offer's goals are off. */
export type ConditionState = 'met' | 'unmet' | 'ignored';

/** One condition of a callback beside what an event has of it: `expected` by the callback, `actual` of the conversion. */
export type ExplainedCondition =
  | { readonly condition: 'created' | 'notDeleted' | 'enabled'; readonly state: 'met' | 'unmet' }
  | { readonly condition: 'statusChanged'; readonly state: 'met' | 'unmet'; readonly previous: ConversionStatus | null }
  | { readonly condition: 'affiliate'; readonly state: 'met' | 'unmet'; readonly expected: number; readonly actual: number }
  | {
      readonly condition: 'status';
      readonly state: 'met' | 'unmet';
      readonly expected: ConversionStatus;
      readonly actual: ConversionStatus;
    }
  | { readonly condition: 'goal'; readonly state: ConditionState; readonly expected: number | null; readonly actual: number | null };

/** Why a callback fires for an event, or does not: every condition, not only the first that is not met. */
export interface CallbackExplanation {
  readonly fires: boolean;
  readonly conditions: readonly ExplainedCondition[];
}

const NOT_CREATED: CallbackExplanation = { fires: false, conditions: [{ condition: 'created', state: 'unmet' }] };

/**
 * The long answer of `conditionsMatch`, from the same conditions. Pure.
 *
 * @param callback its version in force at the event's revision; null: it was created later, and had no conditions yet
 * @param goalsEnabled of the offer's version in force at the event's revision
 */
export function explainCallback(callback: CallbackConditions | null, event: MatchedEvent, goalsEnabled: boolean): CallbackExplanation {
  if (callback === null) return NOT_CREATED;
  const { affiliateId, status, goalId } = event.data.conversion;
  const conditions: ExplainedCondition[] = [
    { condition: 'created', state: 'met' },
    { condition: 'notDeleted', state: stateOf(isNotDeleted(callback)) },
    { condition: 'enabled', state: stateOf(isEnabled(callback)) },
    {
      condition: 'statusChanged',
      state: stateOf(hasNewStatus(event)),
      previous: event.type === 'StatusChanged' ? event.data.previousStatus : null,
    },
    { condition: 'affiliate', state: stateOf(hasAffiliate(callback, event)), expected: callback.affiliateId, actual: affiliateId },
    { condition: 'status', state: stateOf(hasStatus(callback, event)), expected: callback.conversionStatus, actual: status },
    {
      condition: 'goal',
      state: isGoalIgnored(callback, goalsEnabled) ? 'ignored' : stateOf(hasGoal(callback, event)),
      expected: callback.goalId,
      actual: goalId,
    },
  ];
  return { fires: conditions.every(({ state }) => state !== 'unmet'), conditions };
}

function stateOf(isMet: boolean): 'met' | 'unmet' {
  return isMet ? 'met' : 'unmet';
}
