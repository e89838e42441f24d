import type { Delivery } from '../delivery/delivery.js';
import { aDelivery } from '../testing/deliveries.js';
import { aSettledDelivery } from '../testing/settled-delivery.js';
import { readBatchHealth } from './failure-streaks.js';

const NOON_MS = Date.parse('2026-11-23T12:00:00Z');
const HOUR_MS = 60 * 60 * 1000;

/** Reads a batch of which all that failed was recorded. */
function read(rows: readonly Delivery[], failing: readonly number[] = []) {
  const failed = new Set(rows.filter(({ outcome }) => outcome?.kind === 'retry').map(({ id }) => id));
  return readBatchHealth(rows, failed, new Set(failing));
}

it('is nothing where nothing failed and nothing had failed', () =>
  expect(read([aSettledDelivery({ atMs: NOON_MS, status: 200 })])).toEqual({ streaks: [], healed: new Map() }));

it('counts what failed in a row, its days, and when the first was', () => {
  const rows = [NOON_MS, NOON_MS + HOUR_MS, NOON_MS + 13 * HOUR_MS].map((atMs) => aSettledDelivery({ atMs }));
  const { streaks } = read(rows);
  expect(streaks).toMatchObject([{ callbackId: 1, offerId: 1, version: 1, attempts: 3, firstFailedAtMs: NOON_MS, isGone: false }]);
  expect(streaks[0]!.lastFailedAtMs).toBe(NOON_MS + 13 * HOUR_MS);
  expect(streaks[0]!.days.size).toBe(2);
});

it('a success ends the streak before it', () => {
  const rows = [500, 500, 200, 500].map((status, index) => aSettledDelivery({ atMs: NOON_MS + index, status }));
  expect(read(rows).streaks).toMatchObject([{ attempts: 1, firstFailedAtMs: NOON_MS + 3 }]);
  expect(read(rows.slice(0, 3)).streaks).toEqual([]);
});

it('a success of a callback that is known to fail heals it, and costs nothing for any other', () => {
  const rows = [3, 1, 2].map((callbackId) => aSettledDelivery({ callbackId, atMs: NOON_MS, status: 200, version: callbackId + 1 }));
  expect([...read(rows, [3, 1]).healed]).toEqual([
    [1, 2],
    [3, 4],
  ]);
});

it('a newer version begins anew; what is left of an older one counts no more', () => {
  const rows = [1, 1, 2, 1, 2].map((version, index) => aSettledDelivery({ version, atMs: NOON_MS + index }));
  expect(read(rows).streaks).toMatchObject([{ version: 2, attempts: 2, firstFailedAtMs: NOON_MS + 2 }]);
  const lateSuccess = aSettledDelivery({ version: 1, atMs: NOON_MS + 9, status: 200 });
  expect(read([...rows, lateSuccess]).streaks).toMatchObject([{ version: 2, attempts: 2 }]);
});

it('remembers that the receiver wants no more, and leaves each callback to itself', () => {
  const rows = [aSettledDelivery({ callbackId: 2, atMs: NOON_MS, status: 410 }), aSettledDelivery({ callbackId: 1, atMs: NOON_MS })];
  expect(read(rows).streaks).toMatchObject([
    { callbackId: 1, isGone: false },
    { callbackId: 2, isGone: true },
  ]);
});

it('what was not tried, or was another one’s to record, counts nowhere', () => {
  const untried = aDelivery();
  untried.outcome = { kind: 'exhausted', error: 'waited for too long' };
  expect(readBatchHealth([untried], new Set([untried.id]), new Set()).streaks).toEqual([]);
  expect(readBatchHealth([aSettledDelivery({ atMs: NOON_MS })], new Set(), new Set([1])).streaks).toEqual([]);
});
