import { Backoff } from './backoff.js';

describe('backoff', () => {
  it('doubles up to the longest pause, and begins anew after a success', () => {
    const backoff = new Backoff({ firstMs: 100, maxMs: 500 });
    expect([backoff.failed(), backoff.failed(), backoff.failed(), backoff.failed()]).toEqual([100, 200, 400, 500]);
    backoff.succeeded();
    expect(backoff.failed()).toBe(100);
  });
});
