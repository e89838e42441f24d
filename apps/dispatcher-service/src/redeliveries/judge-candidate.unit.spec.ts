import { deliveryId } from '@ringback/contracts';
import { DAY_MS } from '../schema/day-partitions.js';
import { isKept, redeliveryExpiresAt, whyNotAgain } from './judge-candidate.js';

describe('what can be sent again', () => {
  const RETENTION_DAYS = 21;
  const nowMs = Date.parse('2026-03-01T12:00:00Z');
  const at = { nowMs, retentionDays: RETENTION_DAYS };
  const daysAgo = (days: number) => deliveryId(nowMs - days * DAY_MS, 'event', 1);

  it.each([
    ['live', 1, 1, null],
    ['live', RETENTION_DAYS - 1, 1, null],
    ['live', RETENTION_DAYS, 1, 'no-longer-kept'],
    ['deleted', 1, 1, 'callback-deleted'],
    ['disabled', 1, 1, 'callback-disabled'],
    ['live', 1, 30_000, 'too-many-attempts'],
  ] as const)('callback %s, %i days old, %i attempts: %s', (callback, days, attempts, reason) => {
    expect(whyNotAgain({ id: daysAgo(days), attempts }, callback, at)).toBe(reason);
  });

  it('waits seven days at most, and never until its day is dropped', () => {
    expect(redeliveryExpiresAt(daysAgo(1), at)).toBe(nowMs + 7 * DAY_MS);
    const old = daysAgo(RETENTION_DAYS - 1);
    const expiresAtMs = redeliveryExpiresAt(old, at);
    expect(expiresAtMs).toBeGreaterThan(nowMs);
    expect(expiresAtMs).toBeLessThan(nowMs + DAY_MS);
    expect(isKept(old, { ...at, nowMs: expiresAtMs })).toBe(false);
  });
});
