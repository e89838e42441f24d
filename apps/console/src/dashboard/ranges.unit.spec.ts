import { rangeQuery } from './ranges.js';

describe('a range of the dashboard', () => {
  const now = Date.parse('2026-01-31T14:05:09.500Z');

  it('ends with the minute, or the hour, that is under way', () => {
    expect(rangeQuery('6h', now, 'UTC')).toEqual({
      from: '2026-01-31T08:06:00.000Z',
      to: '2026-01-31T14:06:00.000Z',
      interval: 'minute',
      timezone: 'UTC',
    });
    expect(rangeQuery('24h', now, 'Europe/Berlin')).toEqual({
      from: '2026-01-30T15:00:00.000Z',
      to: '2026-01-31T15:00:00.000Z',
      interval: 'hour',
      timezone: 'Europe/Berlin',
    });
  });

  it('asks for the same until then', () => {
    expect(rangeQuery('7d', now, 'UTC')).toEqual(rangeQuery('7d', now + 20 * 60_000, 'UTC'));
  });
});
