import { Bell } from './bell.js';

describe('bell', () => {
  it('wakes who waits', async () => {
    const bell = new Bell();
    const waiting = bell.wait(60_000);
    bell.ring();
    await waiting;
  });

  it('keeps a ring for the next wait, once however often it was rung', async () => {
    const bell = new Bell();
    bell.ring();
    bell.ring();
    await bell.wait(60_000);
    let isOver = false;
    const second = bell.wait(60_000).then(() => (isOver = true));
    await new Promise((resolve) => setImmediate(resolve));
    expect(isOver).toBe(false);
    bell.ring();
    await second;
  });

  it('wakes by itself when the time is over', async () => {
    await new Bell().wait(1);
  });
});
