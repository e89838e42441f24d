import { Pool } from 'undici';
import { serve } from './calls.js';
import type { SampleRequest } from './sink.js';

/** The yardstick: what a careful program does to send requests with undici, and nothing else. */
let pools: Pool[] = [];

let tick: Promise<void> | null = null;

/** All that wait share one timer: it must not cost what is measured. @returns when it goes on, in a millisecond or so */
function nextTick(): Promise<void> {
  tick ??= new Promise((resolve) =>
    setTimeout(() => {
      tick = null;
      resolve();
    }, 1),
  );
  return tick;
}

const calls = {
  async open(ports: readonly number[], connections: number): Promise<void> {
    await Promise.all(pools.map((pool) => pool.close()));
    pools = ports.map((port) => new Pool(`http://127.0.0.1:${port}`, { connections, pipelining: 1 }));
  },
  /**
   * Sends the request `count` times, spread over the ports, at most `inFlight` at a time and, if it is given, `perSecond`; reads each answer.
   * @returns how many were answered 200
   */
  async send(request: SampleRequest, count: number, inFlight: number, perSecond?: number): Promise<number> {
    let next = 0;
    let answered = 0;
    const headers = [...request.headers];
    const startedAt = performance.now();
    const isDue = (index: number) => perSecond === undefined || index * 1_000 <= (performance.now() - startedAt) * perSecond;
    const one = async () => {
      for (let index = next++; index < count; index = next++) {
        while (!isDue(index)) await nextTick();
        const answer = await pools[index % pools.length]!.request({
          method: request.method as 'POST',
          path: request.path,
          headers,
          body: request.body === '' ? null : request.body,
        });
        await answer.body.text();
        if (answer.statusCode === 200) answered++;
      }
    };
    await Promise.all(Array.from({ length: inFlight }, one));
    return answered;
  },
};
export type BareClientCalls = typeof calls;
serve(calls);
