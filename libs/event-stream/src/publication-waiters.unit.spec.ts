import { PublicationWaiters } from './publication-waiters.js';

const logger = { debug() {}, info() {}, warn() {}, error() {} };
const now = () => performance.now();

/** A table of ids that are still there; true: set aside. */
function room(there = new Map<number, boolean>()) {
  const asked: number[][] = [];
  const stillThere = (ids: readonly number[]) => {
    asked.push([...ids]);
    return Promise.resolve(new Map([...there].filter(([id]) => ids.includes(id))));
  };
  return { there, asked, waiters: new PublicationWaiters({ stillThere, logger, now }) };
}

describe('those who wait for a publication', () => {
  it('are told at once by the relay of their process, without a query', async () => {
    const { waiters, asked } = room(new Map([[1, false]]));
    const both = [waiters.wait(1, 10_000), waiters.wait(1, 10_000)];
    waiters.published([1]);
    expect(await Promise.all(both)).toEqual([true, true]);
    expect(asked).toEqual([]);
    await waiters.close();
  });

  it('are told also when they ask a moment too late', async () => {
    const { waiters, asked } = room();
    waiters.published([1]);
    expect(await waiters.wait(1, 10_000)).toBe(true);
    expect(asked).toEqual([]);
  });

  it('share one query when another process publishes', async () => {
    const { waiters, asked, there } = room(
      new Map([
        [1, false],
        [2, false],
        [3, false],
      ]),
    );
    const waiting = [waiters.wait(1, 10_000), waiters.wait(2, 10_000), waiters.wait(3, 10_000)];
    there.clear();
    expect(await Promise.all(waiting)).toEqual([true, true, true]);
    expect(asked).toEqual([[1, 2, 3]]);
    await waiters.close();
  });

  it('are answered false when the time is over, and when the row was set aside', async () => {
    const { waiters } = room(
      new Map([
        [1, false],
        [2, true],
      ]),
    );
    expect(await waiters.wait(1, 10)).toBe(false);
    expect(await waiters.wait(2, 10_000)).toBe(false);
    const third = waiters.wait(3, 10_000);
    waiters.setAside(3);
    expect(await third).toBe(false);
    await waiters.close();
  });

  it('are answered false when it closes', async () => {
    const { waiters } = room(new Map([[1, false]]));
    const waiting = waiters.wait(1, 10_000);
    await waiters.close();
    expect(await waiting).toBe(false);
    expect(await waiters.wait(1, 10_000)).toBe(false);
  });
});
