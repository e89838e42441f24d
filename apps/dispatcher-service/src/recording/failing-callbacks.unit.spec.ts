import { FailingCallbacks } from './failing-callbacks.js';

it('knows what the table said when it was last read', () => {
  const failing = new FailingCallbacks();
  failing.replace([
    { callbackId: 1, disabledVersion: null },
    { callbackId: 2, disabledVersion: 4 },
  ]);
  expect([1, 2, 3].map((id) => failing.has(id))).toEqual([true, true, false]);
  failing.replace([]);
  expect(failing.size).toBe(0);
});

it('keeps what was added since the last reading: the one under way may have begun before', () => {
  const failing = new FailingCallbacks();
  failing.add({ callbackId: 1, disabledVersion: 7 });
  failing.replace([]);
  expect(failing.isDisabled(1, 7)).toBe(true);
  failing.replace([]);
  expect(failing.has(1)).toBe(false);
});

it('forgets what has healed', () => {
  const failing = new FailingCallbacks();
  failing.add({ callbackId: 1, disabledVersion: null });
  failing.delete(1);
  failing.replace([]);
  expect(failing.has(1)).toBe(false);
});

it('a version that was given up is disabled; one before or after it is not', () => {
  const failing = new FailingCallbacks();
  failing.add({ callbackId: 1, disabledVersion: 3 });
  expect([2, 3, 4].map((version) => failing.isDisabled(1, version))).toEqual([false, true, false]);
  expect(failing.isDisabled(2, 3)).toBe(false);
});
