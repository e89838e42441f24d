import { SlotMap } from './slot-map.js';

describe('a map for what comes and goes', () => {
  it('holds what a Map would hold, through any mix of calls', () => {
    const map = new SlotMap<number, string>();
    const model = new Map<number, string>();
    for (let step = 0; step < 50_000; step++) {
      const key = (step * 7919) % 501;
      if (step % 3 === 0) {
        map.delete(key);
        model.delete(key);
      } else {
        map.set(key, `value ${step}`);
        model.set(key, `value ${step}`);
      }
      expect(map.get(key)).toBe(model.get(key));
      expect(map.size).toBe(model.size);
    }
    expect([...map.values()]).toEqual([...model.values()]);
    map.clear();
    expect(map.size).toBe(0);
    expect(map.get(1)).toBeUndefined();
    map.set(1, 'again');
    expect([...map.values()]).toEqual(['again']);
  });

  it('keeps nothing of what was deleted', async () => {
    const map = new SlotMap<number, object>();
    const gone = new WeakRef(addAndDelete(map));
    for (let key = 0; key < 10; key++) map.set(key, {});
    await collectGarbage();
    expect(gone.deref()).toBeUndefined();
  });
});

function addAndDelete(map: SlotMap<number, object>): object {
  const value = {};
  map.set(1, value);
  map.delete(1);
  return value;
}

async function collectGarbage(): Promise<void> {
  const { setFlagsFromString } = await import('node:v8');
  const { runInNewContext } = await import('node:vm');
  setFlagsFromString('--expose-gc');
  // What a WeakRef has shown lives until the turn of the event loop ends.
  await new Promise((resolve) => setImmediate(resolve));
  (runInNewContext('gc') as () => void)();
}
