import { setTimeout as pause } from 'node:timers/promises';
import type { FastifyInstance } from 'fastify';

/** When nothing was asked for this long since the stop began, whoever keeps connections has had the chance to hear that they end, in ms. */
const QUIET_MS = 250;
/** The longest that a stop waits for that, in ms. */
const LONGEST_MS = 5_000;
const LOOK_EVERY_MS = 25;

/**
 * Lets clients go without an error. Once it is told to close, Fastify says `Connection: close` with every answer; the listening ends only
 * when requests have ceased. A kept connection that is closed under a request on its way is one that fails, and that its client may not
 * repeat (RFC 9112, section 9.3.1).
 */
export function drainConnections(fastify: Pick<FastifyInstance, 'addHook'>): void {
  let lastRequestAt = -Infinity;
  fastify.addHook('onRequest', async () => {
    lastRequestAt = performance.now();
  });
  fastify.addHook('preClose', async () => {
    const startedAt = performance.now();
    const quietSince = () => Math.max(startedAt, lastRequestAt);
    while (performance.now() - quietSince() < QUIET_MS && performance.now() - startedAt < LONGEST_MS) await pause(LOOK_EVERY_MS);
  });
}
