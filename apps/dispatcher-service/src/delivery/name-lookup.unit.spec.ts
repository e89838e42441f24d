import { NameLookup, type NameLookupResult, type Resolved } from './name-lookup.js';

const one = (ttlMs: number, address = '192.0.2.1'): Resolved => ({ addresses: [{ address, family: 4 }], ttlMs });

describe('the look-up of names', () => {
  let nowMs = 0;
  let asked: string[] = [];
  let answer: () => Promise<Resolved> = () => Promise.resolve(one(60_000));
  let names: NameLookup;
  beforeEach(() => {
    nowMs = 0;
    asked = [];
    answer = () => Promise.resolve(one(60_000));
    names = new NameLookup({
      resolve: (name) => {
        asked.push(name);
        return answer();
      },
      timeoutMs: 50,
      monotonic: () => nowMs,
      maxNames: 3,
    });
  });
  const lookup = (name: string): Promise<NameLookupResult> => new Promise((resolve) => names.lookup(name, resolve));
  const timesAskedAfter = async (waitMs: number): Promise<number> => {
    nowMs += waitMs;
    await lookup('a');
    return asked.length;
  };

  it.each([
    ['its own time', 30_000, 30_000],
    ['a second when it says less', 0, 1_000],
    ['five minutes when it says more', 86_400_000, 300_000],
  ])('keeps an answer for %s', async (_, ttlMs, keptMs) => {
    answer = () => Promise.resolve(one(ttlMs));
    expect(await timesAskedAfter(0)).toBe(1);
    expect(await timesAskedAfter(keptMs - 1)).toBe(1);
    expect(await timesAskedAfter(1)).toBe(2);
  });

  it('keeps a failure for seconds only', async () => {
    answer = () => Promise.reject(new Error('ENOTFOUND'));
    expect(await lookup('a')).toMatchObject({ ok: false, error: { message: 'ENOTFOUND' } });
    expect(await timesAskedAfter(1_999)).toBe(1);
    expect(await timesAskedAfter(1)).toBe(2);
  });

  it('asks once for all that ask at once, and answers at once what it knows', async () => {
    const answers = await Promise.all([lookup('a'), lookup('a'), lookup('a')]);
    expect(answers).toEqual([answers[0], answers[0], answers[0]]);
    expect(asked).toEqual(['a']);
    let isAnswered = false;
    names.lookup('a', () => (isAnswered = true));
    expect(isAnswered).toBe(true);
  });

  it('waits for no resolver that is silent, and takes no answer that comes too late', async () => {
    let late: (resolved: Resolved) => void = () => undefined;
    answer = () => new Promise((resolve) => (late = resolve));
    expect(await lookup('a')).toMatchObject({ ok: false, error: { message: 'no address of a within 50 ms' } });
    late(one(60_000));
    await Promise.resolve();
    expect(await lookup('a')).toMatchObject({ ok: false });
  });

  it('keeps so many names, the newest', async () => {
    for (const name of ['a', 'b', 'c', 'd']) await lookup(name);
    expect(names.size).toBe(3);
    await lookup('d');
    expect(asked).toHaveLength(4);
    await lookup('a');
    expect(asked).toHaveLength(5);
  });
});
