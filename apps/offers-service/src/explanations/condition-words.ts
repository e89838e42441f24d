import type { ExplainedCondition } from '@ringback/callbacks';
import type { ConditionExplanation } from '@ringback/contracts';
import type { CallbackVersionRow } from './find-versions.js';

/** Today's names of what conditions are about. */
export interface Names {
  readonly affiliate: (id: number) => string;
  readonly goal: (id: number) => string;
}

/** What is told about the version whose conditions these are, and the event. */
export interface Told {
  /** The one in force, or the first one where the callback was created later. */
  readonly version: CallbackVersionRow;
  readonly status: string;
  readonly revision: number;
  readonly names: Names;
}

type Words = Omit<ConditionExplanation, 'condition' | 'state'>;

/** @returns a condition in words that name things as people do. */
export function conditionInWords(explained: ExplainedCondition, told: Told): ConditionExplanation {
  const { condition, state } = explained;
  const { expected, actual, reason } = words(explained, told);
  return { condition, state, expected, actual, reason: state === 'met' ? null : reason };
}

function words(explained: ExplainedCondition, { version, status, revision, names }: Told): Words {
  switch (explained.condition) {
    case 'created':
      return {
        expected: 'created before the event',
        actual: explained.state === 'met' ? 'created before' : 'created later',
        reason: `it was created later: at ${version.updatedAt} by ${version.changedBy} (revision ${version.revision}; the event is of revision ${revision})`,
      };
    case 'notDeleted':
      return {
        expected: 'not deleted',
        actual: explained.state === 'met' ? 'not deleted' : 'deleted',
        reason: `it had been deleted, at ${version.deletedAt} by ${version.changedBy}`,
      };
    case 'enabled':
      return {
        expected: 'enabled',
        actual: explained.state === 'met' ? 'enabled' : 'disabled',
        reason: version.disabledReason === null ? 'it was disabled' : `it was disabled: ${version.disabledReason}`,
      };
    case 'statusChanged':
      return {
        expected: 'a new status',
        actual: explained.previous === null ? `${status}, a new conversion` : `${explained.previous} became ${status}`,
        reason: `the status stayed ${status}`,
      };
    case 'affiliate': {
      const [expected, actual] = [names.affiliate(explained.expected), names.affiliate(explained.actual)];
      return { expected, actual, reason: `it is for affiliate ${expected}, the conversion is of ${actual}` };
    }
    case 'status':
      return {
        expected: explained.expected,
        actual: explained.actual,
        reason: `it waits for status ${explained.expected}, the conversion was ${explained.actual}`,
      };
    case 'goal': {
      const expected = explained.expected === null ? 'any goal or none' : names.goal(explained.expected);
      const actual = explained.actual === null ? 'no goal' : names.goal(explained.actual);
      const reason =
        explained.state === 'ignored'
          ? `the offer's goals were disabled: its goal ${expected} was ignored, and is kept`
          : `it is for goal ${expected}, the conversion has ${actual}`;
      return { expected, actual, reason };
    }
  }
}

/** @returns one sentence about a callback from all that is unmet, or, where it fires, ignored. */
export function reasonOf(fires: boolean, conditions: readonly ConditionExplanation[]): string {
  const reasons = conditions.flatMap(({ state, reason }) => (state === (fires ? 'ignored' : 'unmet') && reason !== null ? [reason] : []));
  if (fires) return ['all its conditions were met', ...reasons].join('; ');
  return reasons.join('; ');
}
