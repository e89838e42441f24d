import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { returnMemory } from './return-memory.js';

describe('the memory of a start', () => {
  afterEach(() => {
    delete globalThis.gc;
  });

  it('is given back to the system', () => {
    setFlagsFromString('--expose-gc');
    globalThis.gc = runInNewContext('gc') as typeof gc;
    gc!();
    let garbage: object[] | null = Array.from({ length: 2_000_000 }, (_, index) => ({ index }));
    expect(garbage).toHaveLength(2_000_000);
    const before = process.memoryUsage().heapTotal;
    garbage = null;
    returnMemory(Infinity);
    expect(process.memoryUsage().heapTotal).toBeLessThan(before - 20_000_000);
  });

  it('stays where the heap is large: it would take seconds to look through', () => {
    let asked = 0;
    globalThis.gc = (() => asked++) as unknown as typeof gc;
    returnMemory(process.memoryUsage().heapUsed / 2);
    expect(asked).toBe(0);
  });

  it('stays where Node.js was not told to collect on demand', () => {
    expect(returnMemory).not.toThrow();
  });
});
