import { Pool } from 'undici';
import { serve } from './calls.js';
import type { SampleRequest } from './sink.js';

/** The yardstick: what a careful program does to send requests with undici, and nothing else. */
let pools: Pool[] = [];

const calls = {
  async open(ports: readonly number[], connections: number): Promise<void> {
    await Promise.all(pools.map((pool) => pool.close()));
    pools = ports.map((port) => new Pool(`http://127.0.0.1:${port}`, { connections, pipelining: 1 }));
  },
  /** Sends the request `count` times, spread over the ports, at most `inFlight` at a time, and reads each answer. @returns how many were answered 200 */
  async send(request: SampleRequest, count: number, inFlight: number): Promise<number> {
    let next = 0;
    let answered = 0;
    const headers = [...request.headers];
    const one = async () => {
      for (let index = next++; index < count; index = next++) {
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
