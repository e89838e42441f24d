import type { WaitingItem } from '@ringback/contracts';

/** An item, and what else is known of it. */
export type Explained = Omit<WaitingItem, 'waitsFor'> & {
  /** How many of its callbacks are held one by one. */
  readonly pausedCallbacks: number;
  readonly brokenCallbacks: number;
  readonly disabledCallbacks: number;
  /** What is due waits for earlier deliveries of its conversion, as `ordering` wants it. */
  readonly isBehindEarlier: boolean;
  /** The limit of the one callback that it is about. */
  readonly maxPerSecond: number | null;
};

const WHAT_IS_PAUSED = { all: ' (all deliveries)', destination: '', affiliate: ' (its affiliate)', callback: '' } as const;

/** @returns in words what an item waits for: what holds all of it, else what comes next and which of its callbacks are held. */
export function waitsFor(item: Explained, nowMs: number): string {
  const { pause, breaker } = item;
  if (pause !== null)
    return `paused by ${pause.createdBy}${WHAT_IS_PAUSED[pause.scope]}${pause.reason === null ? '' : `: ${pause.reason}`}`;
  if (item.disabled) return item.callbacks === 1 ? 'callback disabled' : `all its ${item.callbacks} callbacks are disabled`;
  if (breaker !== null) {
    const until = Date.parse(breaker.openUntil) > nowMs ? `until ${breaker.openUntil}` : 'about to be tried';
    return `${breaker.scope} breaker ${until}: ${breaker.reason}`;
  }
  const held = heldCallbacks(item);
  if (held === null) return nextStep(item);
  const isAllHeld = item.pausedCallbacks + item.brokenCallbacks + item.disabledCallbacks >= item.callbacks && item.beingSent === 0;
  return isAllHeld ? held : `${nextStep(item)}; ${held}`;
}

function nextStep({ beingSent, due, draining, isBehindEarlier, maxPerSecond, oldestDueAt, nextDueAt }: Explained): string {
  if (draining && due > 0) return `its backlog goes out at a bounded rate, due since ${oldestDueAt ?? 'a moment ago'}`;
  if (beingSent > 0) return 'being sent';
  if (due > 0 && isBehindEarlier)
    return `earlier deliveries of the same conversions${nextDueAt === null ? '' : `, of which one is tried at ${nextDueAt}`}`;
  if (due > 0 && maxPerSecond !== null) return `its limit of ${maxPerSecond} a second, due since ${oldestDueAt ?? 'a moment ago'}`;
  if (due > 0) return `its turn, due since ${oldestDueAt ?? 'a moment ago'}`;
  return nextDueAt === null ? 'being recorded' : `retry at ${nextDueAt}`;
}

function heldCallbacks({ callbacks, pausedCallbacks, brokenCallbacks, disabledCallbacks }: Explained): string | null {
  const parts = [
    [pausedCallbacks, 'paused'],
    [brokenCallbacks, 'behind a breaker of their own'],
    [disabledCallbacks, 'disabled'],
  ] as const;
  const named = parts.filter(([count]) => count > 0).map(([count, what]) => `${count} ${what}`);
  return named.length === 0 ? null : `of its ${callbacks} callbacks ${named.join(', ')}`;
}
