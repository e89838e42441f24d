import { judgeCallback, type CallbackHealth } from './judge-callback.js';

const DAY_MS = 24 * 60 * 60 * 1000;
const SINCE_MS = Date.parse('2026-11-18T09:00:00.000Z');

const health = (setting: Partial<CallbackHealth> = {}): CallbackHealth => ({
  callbackId: 1,
  version: 2,
  failingSinceMs: SINCE_MS,
  failedAttempts: 57,
  failedDays: 6,
  announcedDays: 0,
  disabledVersion: null,
  ...setting,
});
const after = (days: number, setting: Partial<CallbackHealth> = {}, isGone = false) =>
  judgeCallback(health(setting), SINCE_MS + days * DAY_MS, isGone);
const failing = (days: 1 | 3) => ({ kind: 'failing', days, disabledAfterMs: SINCE_MS + 5 * DAY_MS });
const JUST_BEFORE = 1 / DAY_MS;

it('says nothing of the first day', () => {
  expect(after(0)).toBeNull();
  expect(after(1 - JUST_BEFORE)).toBeNull();
});

it('warns after one day and after three, once each', () => {
  expect(after(1)).toEqual(failing(1));
  expect(after(2, { announcedDays: 1 })).toBeNull();
  expect(after(3 - JUST_BEFORE, { announcedDays: 1 })).toBeNull();
  expect(after(3, { announcedDays: 1 })).toEqual(failing(3));
  expect(after(4, { announcedDays: 3 })).toBeNull();
});

it('warns of three days at once where nothing was tried before', () => expect(after(3.5)).toEqual(failing(3)));

it('gives a callback up after five days without one success', () => {
  expect(after(5 - JUST_BEFORE, { announcedDays: 3 })).toBeNull();
  expect(after(5, { announcedDays: 3 })).toEqual({
    kind: 'disabled',
    reason: 'no success since 2026-11-18T09:00:00.000Z, 57 failed attempts',
    failingSinceMs: SINCE_MS,
  });
});

it('but only after ten failed attempts on three days', () => {
  expect(after(9, { announcedDays: 3, failedAttempts: 9 })).toBeNull();
  expect(after(9, { announcedDays: 3, failedDays: 2 })).toBeNull();
  expect(after(9, { announcedDays: 3, failedAttempts: 10, failedDays: 3 })).toMatchObject({ kind: 'disabled' });
});

it('gives a callback up at once when its receiver wants no more', () =>
  expect(after(0, { failedAttempts: 1, failedDays: 1 }, true)).toEqual({ kind: 'disabled', reason: 'answered 410', failingSinceMs: null }));

it('says nothing more of a version that was given up, and judges the next one', () => {
  expect(after(9, { disabledVersion: 2 }, true)).toBeNull();
  expect(after(9, { disabledVersion: 1 })).toMatchObject({ kind: 'disabled' });
});
