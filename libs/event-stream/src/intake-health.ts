import type { StreamHealth } from './consumer-health.js';
import type { EventStreamStrategy } from './event-stream-strategy.js';

/** A fetch loop silent for longer, while nothing is waited for, is dead, in ms. */
const TICK_LIMIT_MS = 30_000;

/** @returns what a service's health says of its consumers: waiting for something that is away is well; a loop that no longer ticks is not. */
export function intakeHealth(intake: Pick<EventStreamStrategy, 'health'>): StreamHealth {
  for (const [topic, { sinceTickMs, waitingFor }] of Object.entries(intake.health())) {
    if (waitingFor !== null) return { ok: true, detail: `${topic} waits for ${waitingFor}`, waitsFor: waitingFor };
    if (sinceTickMs > TICK_LIMIT_MS) return { ok: false, detail: `${topic}: no tick for ${Math.round(sinceTickMs / 1000)} s` };
  }
  return { ok: true };
}
