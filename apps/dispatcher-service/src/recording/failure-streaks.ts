import type { Delivery } from '../delivery/delivery.js';

/** Failed attempts of one callback in a row, by one version of it: the newest in the batch. */
export interface FailureStreak {
  readonly callbackId: number;
  readonly offerId: number;
  readonly version: number;
  readonly firstFailedAtMs: number;
  lastFailedAtMs: number;
  attempts: number;
  /** Of the epoch, UTC. */
  readonly days: Set<number>;
  isGone: boolean;
}

export interface BatchHealth {
  /** In the order of callbacks, which is the order in which rows are locked. */
  readonly streaks: readonly FailureStreak[];
  /** Version of the newest success, by callback, of those that may have failed before. In the order of callbacks. */
  readonly healed: ReadonlyMap<number, number>;
}

const DAY_MS = 24 * 60 * 60 * 1000;

/**
 * What a batch says about its callbacks' health. Rows come in the order in which they settled, so a success ends the streak before it.
 *
 * @param failed deliveries whose attempt was recorded as failed
 * @param mayBeFailing whether a callback is known to have failed before this batch: only then does a success of it mean something
 */
export function readBatchHealth(
  rows: readonly Delivery[],
  failed: ReadonlySet<string>,
  mayBeFailing: { readonly size: number; has(callbackId: number): boolean },
): BatchHealth {
  if (failed.size === 0 && mayBeFailing.size === 0) return WELL;
  const streaks = new Map<number, FailureStreak>();
  const healed = new Map<number, number>();
  for (const delivery of rows) {
    const { callbackId, attempt, outcome, pendingLease } = delivery;
    if (attempt === null) continue;
    const version = attempt.callbackVersion;
    const streak = streaks.get(callbackId);
    if (outcome?.kind === 'delivered' && pendingLease === null) {
      if (streak !== undefined && streak.version <= version) streaks.delete(callbackId);
      if (mayBeFailing.has(callbackId)) healed.set(callbackId, Math.max(version, healed.get(callbackId) ?? 0));
    } else if (failed.has(delivery.id) && (streak === undefined || streak.version <= version)) {
      streaks.set(callbackId, prolonged(streak?.version === version ? streak : newStreak(delivery), delivery));
    }
  }
  return { streaks: [...streaks.values()].sort((a, b) => a.callbackId - b.callbackId), healed: new Map([...healed].sort(byKey)) };
}

function newStreak({ callbackId, attempt, event }: Delivery): FailureStreak {
  return {
    callbackId,
    offerId: event.event.data.conversion.offerId,
    version: attempt!.callbackVersion,
    firstFailedAtMs: attempt!.startedAtMs,
    lastFailedAtMs: attempt!.startedAtMs,
    attempts: 0,
    days: new Set(),
    isGone: false,
  };
}

function prolonged(streak: FailureStreak, { attempt }: Delivery): FailureStreak {
  const { startedAtMs, isGone } = attempt!;
  streak.attempts++;
  streak.lastFailedAtMs = Math.max(streak.lastFailedAtMs, startedAtMs);
  streak.days.add(Math.floor(startedAtMs / DAY_MS));
  streak.isGone ||= isGone;
  return streak;
}

function byKey([a]: readonly [number, number], [b]: readonly [number, number]): number {
  return a - b;
}

const WELL: BatchHealth = { streaks: [], healed: new Map() };
