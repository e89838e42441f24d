import type { ConversionEvent } from '@ringback/contracts';
import type { CallbackConditions } from './conditions.js';
import { changed, created } from './fixtures.spec.js';
import { conditionsMatch, mismatch, type Mismatch } from './match-callback.js';

const CALLBACK: CallbackConditions = { affiliateId: 5, goalId: null, conversionStatus: 'done', enabled: true, deletedAt: null };
const MET = { affiliateId: 5, goalId: 3, status: 'done' } as const;
const GOALS_ON = true;
const GOALS_OFF = false;

type Case = [title: string, callback: Partial<CallbackConditions>, event: ConversionEvent, goalsEnabled: boolean, unmet: Mismatch | null];

function rule(words: string, cases: Case[]): void {
  describe(words, () => {
    it.each(cases)('%s', (_title, callback, event, goalsEnabled, unmet) => {
      expect(mismatch({ ...CALLBACK, ...callback }, event, goalsEnabled)).toBe(unmet);
      expect(conditionsMatch({ ...CALLBACK, ...callback }, event, goalsEnabled)).toBe(unmet === null);
    });
  });
}

rule("a callback fires when a new conversion, or an update of a conversion's status, meets all its conditions", [
  ['a new conversion that meets them', {}, created(MET), GOALS_ON, null],
  ['an update that meets them', {}, changed('pending', MET), GOALS_ON, null],
  ['one condition of three not met', { affiliateId: 6 }, created(MET), GOALS_ON, 'affiliate'],
]);

rule('on an update the status compared is the new one', [
  ['pending became done: the callback for done', {}, changed('pending', MET), GOALS_ON, null],
  ['pending became done: the callback for pending', { conversionStatus: 'pending' }, changed('pending', MET), GOALS_ON, 'status'],
  [
    'done became rejected: the callback for rejected',
    { conversionStatus: 'rejected' },
    changed('done', { ...MET, status: 'rejected' }),
    GOALS_ON,
    null,
  ],
  [
    'done became pending again: the callback for pending',
    { conversionStatus: 'pending' },
    changed('done', { ...MET, status: 'pending' }),
    GOALS_ON,
    null,
  ],
]);

rule('an update to the same status is no update: nothing fires', [
  ['done stays done', {}, changed('done', MET), GOALS_ON, 'status-unchanged'],
  [
    'pending stays pending',
    { conversionStatus: 'pending' },
    changed('pending', { ...MET, status: 'pending' }),
    GOALS_ON,
    'status-unchanged',
  ],
]);

rule('affiliate equal; status equal', [
  ['another affiliate', { affiliateId: 4 }, created(MET), GOALS_ON, 'affiliate'],
  ['another status', { conversionStatus: 'pending' }, created(MET), GOALS_ON, 'status'],
  ['another status while goals are off', { conversionStatus: 'rejected' }, created(MET), GOALS_OFF, 'status'],
]);

rule("only while the offer's goals are enabled and the callback has a goal, goal equal", [
  ['the same goal', { goalId: 3 }, created(MET), GOALS_ON, null],
  ['another goal', { goalId: 4 }, created(MET), GOALS_ON, 'goal'],
  ['a conversion without a goal', { goalId: 3 }, created({ ...MET, goalId: null }), GOALS_ON, 'goal'],
]);

rule('a callback without a goal matches any goal and none', [
  ['a conversion with a goal', { goalId: null }, created(MET), GOALS_ON, null],
  ['a conversion without one', { goalId: null }, created({ ...MET, goalId: null }), GOALS_ON, null],
]);

rule("while goalsEnabled is off, a callback's goal is ignored, not erased", [
  ['off: another goal fires', { goalId: 4 }, created(MET), GOALS_OFF, null],
  ['off: no goal fires', { goalId: 4 }, created({ ...MET, goalId: null }), GOALS_OFF, null],
  ['on again: the goal counts at once', { goalId: 4 }, created(MET), GOALS_ON, 'goal'],
]);

describe('all callbacks that match fire, each once per event', () => {
  it('two callbacks of different goals both fire while goals are off, one of them while goals are on', () => {
    const ofGoal3 = { ...CALLBACK, goalId: 3 };
    const ofGoal4 = { ...CALLBACK, goalId: 4 };
    const firing = (goalsEnabled: boolean) =>
      [ofGoal3, ofGoal4].filter((callback) => conditionsMatch(callback, created(MET), goalsEnabled));
    expect(firing(GOALS_OFF)).toEqual([ofGoal3, ofGoal4]);
    expect(firing(GOALS_ON)).toEqual([ofGoal3]);
  });
});

rule('deleted and disabled callbacks do not fire', [
  ['deleted', { deletedAt: '2025-01-01T00:00:00.000Z' }, created(MET), GOALS_ON, 'deleted'],
  ['disabled', { enabled: false }, created(MET), GOALS_ON, 'disabled'],
  ['disabled, on an update', { enabled: false }, changed('pending', MET), GOALS_OFF, 'disabled'],
]);
