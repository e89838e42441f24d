import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';

/**
 * Below the ports that systems give to outgoing connections (32768 and up on Linux, 49152 and up elsewhere): a server that is down for a
 * while must find its port free again, although thousands of connections are made meanwhile.
 */
const LOWEST = 20_000;
const HIGHEST = 32_000;
/** The workers of a test run choose at the same time, and what one has chosen it listens on a little later: each has a part of its own. */
const PARTS = 8;
const PART_SIZE = (HIGHEST - LOWEST) / PARTS;
const given = new Set<number>();

/** @returns ports of 127.0.0.1 that are free now, all different, and none that was returned before. */
export async function freePorts(count: number): Promise<number[]> {
  const found: number[] = [];
  const from = LOWEST + (Number(process.env['JEST_WORKER_ID'] ?? 0) % PARTS) * PART_SIZE;
  while (found.length < count) {
    const port = randomInt(from, from + PART_SIZE);
    if (given.has(port)) continue;
    given.add(port);
    if (await isPortFree(port)) found.push(port);
  }
  return found;
}

/** @returns one port of 127.0.0.1 that is free now. */
export async function freePort(): Promise<number> {
  const [port] = await freePorts(1);
  return port!;
}

/** @returns whether nothing listens on this port of the host. */
export async function isPortFree(port: number, host = '127.0.0.1'): Promise<boolean> {
  const server = createServer();
  return new Promise((resolve) => {
    server.once('error', () => resolve(false));
    server.listen(port, host, () => server.close(() => resolve(true)));
  });
}
