import { useSyncExternalStore } from 'react';
import dayjs from 'dayjs';
import timezone from 'dayjs/plugin/timezone.js';
import utc from 'dayjs/plugin/utc.js';

dayjs.extend(utc);
dayjs.extend(timezone);

const KEY = 'ringback.zone';
const own = Intl.DateTimeFormat().resolvedOptions().timeZone;
const listeners = new Set<() => void>();
let chosen = readZone();

/** The zone in which times are shown: the browser's unless another was chosen, kept in this browser. */
export function useZone(): string {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => chosen,
  );
}

export function chooseZone(zone: string): void {
  localStorage.setItem(KEY, zone);
  chosen = zone;
  for (const listener of listeners) listener();
}

/** @returns every zone the browser knows, UTC and its own first. */
export function zones(): string[] {
  return [...new Set(['UTC', own, ...Intl.supportedValuesOf('timeZone')])];
}

/** @returns `2026-01-31 14:05:09`, in the zone. */
export function formatMoment(at: string, zone: string): string {
  return dayjs(at).tz(zone).format('YYYY-MM-DD HH:mm:ss');
}

/** @returns a text with the moments in it, which services write in ISO 8601, as a clock of the zone shows them. */
export function withMomentsIn(zone: string, text: string): string {
  return text.replace(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z/g, (at) => formatMoment(at, zone));
}

/** @returns the moment that a clock of the zone shows as `2026-01-31 14:05:09`, in ISO 8601. */
export function momentIn(zone: string, wallClock: string): string {
  return dayjs.tz(wallClock, zone).toISOString();
}

/** @returns how far the zone is from UTC now, such as `+01:00`. */
export function offsetOf(zone: string): string {
  return dayjs().tz(zone).format('Z');
}

function readZone(): string {
  const kept = localStorage.getItem(KEY);
  return kept !== null && zones().includes(kept) ? kept : own;
}
