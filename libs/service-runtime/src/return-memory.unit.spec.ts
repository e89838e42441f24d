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
    let garbage: object[] | null = Array.from({ length: 2_000_000 }, (_, index) => ({ index }));
    expect(garbage).toHaveLength(2_000_000);
    const before = process.memoryUsage().heapTotal;
    garbage = null;
    returnMemory();
    expect(process.memoryUsage().heapTotal).toBeLessThan(before - 50_000_000);
  });

  it('stays where Node.js was not told to collect on demand', () => {
    expect(returnMemory).not.toThrow();
  });
});
