import type { WaitingItem } from '@ringback/contracts';

/** An item, and how many of its callbacks are held one by one. */
export type Held = Omit<WaitingItem, 'waitsFor'> & {
  readonly pausedCallbacks: number;
  readonly brokenCallbacks: number;
  readonly disabledCallbacks: number;
};

const WHAT_IS_PAUSED = { all: ' (all deliveries)', destination: '', affiliate: ' (its affiliate)', callback: '' } as const;

/** @returns in words what an item waits for: what holds all of it, else what comes next and which of its callbacks are held. */
export function waitsFor(item: Held, nowMs: number): string {
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

function nextStep({ beingSent, due, draining, oldestDueAt, nextDueAt }: Held): string {
  if (draining && due > 0) return `its backlog goes out at a bounded rate, due since ${oldestDueAt ?? 'a moment ago'}`;
  if (beingSent > 0) return 'being sent';
  if (due > 0) return `its turn, due since ${oldestDueAt ?? 'a moment ago'}`;
  return nextDueAt === null ? 'being recorded' : `retry at ${nextDueAt}`;
}

function heldCallbacks({ callbacks, pausedCallbacks, brokenCallbacks, disabledCallbacks }: Held): string | null {
  const parts = [
    [pausedCallbacks, 'paused'],
    [brokenCallbacks, 'behind a breaker of their own'],
    [disabledCallbacks, 'disabled'],
  ] as const;
  const named = parts.filter(([count]) => count > 0).map(([count, what]) => `${count} ${what}`);
  return named.length === 0 ? null : `of its ${callbacks} callbacks ${named.join(', ')}`;
}
