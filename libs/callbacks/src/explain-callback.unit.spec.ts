import type { ConversionStatus } from '@ringback/contracts';
import fc from 'fast-check';
import type { CallbackConditions, MatchedEvent } from './conditions.js';
import { explainCallback } from './explain-callback.js';
import { changed, created } from './fixtures.spec.js';
import { conditionsMatch, mismatch, type Mismatch } from './match-callback.js';

const CALLBACK: CallbackConditions = { affiliateId: 5, goalId: 3, conversionStatus: 'done', enabled: true, deletedAt: null };
const MET = { affiliateId: 5, goalId: 3, status: 'done' } as const;

/** Few values, so that conditions are met about as often as not. */
const id = fc.integer({ min: 1, max: 2 });
const status = fc.constantFrom<ConversionStatus>('pending', 'done', 'rejected');
const goal = fc.option(id, { nil: null });
const callbacks: fc.Arbitrary<CallbackConditions> = fc.record({
  affiliateId: id,
  goalId: goal,
  conversionStatus: status,
  enabled: fc.boolean(),
  deletedAt: fc.option(fc.constant('2026-01-01T00:00:00.000Z'), { nil: null }),
});
const conversion = fc.record({ affiliateId: id, goalId: goal, status });
const events: fc.Arbitrary<MatchedEvent> = fc.oneof(
  fc.record({ type: fc.constant('ConversionCreated' as const), data: fc.record({ conversion }) }),
  fc.record({ type: fc.constant('StatusChanged' as const), data: fc.record({ conversion, previousStatus: status }) }),
);

const CONDITION_OF: Readonly<Record<Mismatch, string>> = {
  deleted: 'notDeleted',
  disabled: 'enabled',
  'status-unchanged': 'statusChanged',
  affiliate: 'affiliate',
  status: 'status',
  goal: 'goal',
};

describe('an explanation', () => {
  it('says that a callback fires exactly when it matches, and names the mismatch first among what is not met', () => {
    fc.assert(
      fc.property(callbacks, events, fc.boolean(), (callback, event, goalsEnabled) => {
        const { fires, conditions } = explainCallback(callback, event, goalsEnabled);
        const unmet = mismatch(callback, event, goalsEnabled);
        expect(fires).toBe(conditionsMatch(callback, event, goalsEnabled));
        expect(conditions.find(({ state }) => state === 'unmet')?.condition).toBe(unmet === null ? undefined : CONDITION_OF[unmet]);
      }),
      { numRuns: 2_000 },
    );
  });

  it('tells every condition, whichever of them are not met', () => {
    const { fires, conditions } = explainCallback(
      { affiliateId: 6, goalId: 4, conversionStatus: 'pending', enabled: false, deletedAt: '2026-01-01T00:00:00.000Z' },
      changed('done', MET),
      true,
    );
    expect(fires).toBe(false);
    expect(conditions).toEqual([
      { condition: 'created', state: 'met' },
      { condition: 'notDeleted', state: 'unmet' },
      { condition: 'enabled', state: 'unmet' },
      { condition: 'statusChanged', state: 'unmet', previous: 'done' },
      { condition: 'affiliate', state: 'unmet', expected: 6, actual: 5 },
      { condition: 'status', state: 'unmet', expected: 'pending', actual: 'done' },
      { condition: 'goal', state: 'unmet', expected: 4, actual: 3 },
    ]);
  });

  it.each([
    ['met', CALLBACK, created(MET), true, 'met', 3],
    ['another', CALLBACK, created({ ...MET, goalId: 4 }), true, 'unmet', 3],
    ['ignored while goals are off, and kept', CALLBACK, created({ ...MET, goalId: 4 }), false, 'ignored', 3],
    ['ignored while goals are off, though it is the same', CALLBACK, created(MET), false, 'ignored', 3],
    ['none: any goal will do', { ...CALLBACK, goalId: null }, created({ ...MET, goalId: null }), true, 'met', null],
    ['none, while goals are off', { ...CALLBACK, goalId: null }, created(MET), false, 'met', null],
  ] as const)('a goal that is %s', (_, callback, event, goalsEnabled, state, expected) => {
    const { fires, conditions } = explainCallback(callback, event, goalsEnabled);
    expect(conditions.find(({ condition }) => condition === 'goal')).toMatchObject({ state, expected });
    expect(fires).toBe(state !== 'unmet');
  });

  it('a callback that was created later had no conditions yet', () => {
    expect(explainCallback(null, created(MET), true)).toEqual({ fires: false, conditions: [{ condition: 'created', state: 'unmet' }] });
  });
});
