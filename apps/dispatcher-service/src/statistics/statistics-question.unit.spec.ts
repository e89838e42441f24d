import { statisticsQuerySchema } from '@ringback/contracts';
import { readQuestion } from './statistics-question.js';

const NOW = Date.parse('2026-06-15T10:20:30Z');
const read = (query: Record<string, string>) => readQuestion(statisticsQuerySchema.parse(query), null, NOW);
const refusal = (query: Record<string, string>) => {
  const question = read(query);
  return question.ok ? null : question.errors[0]!;
};

describe('a question for statistics', () => {
  it('is by default for 24 hours, the one under way included', () => {
    const question = read({});
    expect(question.ok && question.question.buckets).toMatchObject({
      fromMs: Date.parse('2026-06-14T11:00Z'),
      toMs: Date.parse('2026-06-15T11:00Z'),
    });
    expect(question.ok && question.question.buckets.startsMs).toHaveLength(24);
  });

  it.each([
    [{ from: '2026-06-15T00:00:00Z', to: '2026-06-15T00:00:00Z' }, 'from', /before/],
    [{ from: '2026-06-14T00:00:00Z', to: '2026-06-15T00:00:00Z', interval: 'minute' }, 'from', /at most 6 hours/],
    [{ from: '2026-05-01T00:00:00Z', to: '2026-06-15T00:00:00Z' }, 'from', /at most 31 days/],
    [{ from: '2026-06-12T00:00:00Z', to: '2026-06-12T01:00:00Z', interval: 'minute' }, 'from', /kept since 2026-06-13T10:20:30.000Z/],
    [{ from: '2026-01-01T00:00:00Z', to: '2026-01-02T00:00:00Z', interval: 'hour' }, 'from', /a longer interval/],
    [{ from: '2026-03-01T00:00:00Z', interval: 'day', timezone: 'Europe/Berlin' }, 'timezone', /days of UTC only/],
    [{ timezone: 'Berlin' }, 'timezone', /IANA/],
    [{ from: '2026-05-20T00:00:00Z', groupBy: 'callback', limit: '200' }, 'limit', /at most 10,000 points/],
    [{ destination: 'tracker' }, 'destination', /./],
  ])('is refused by name: %j', (query, path, message) => {
    expect(refusal(query)).toEqual({ path, message: expect.stringMatching(message) });
  });

  it.each([
    [{ callbackId: '1,,2' }, 'callbackId'],
    [{ callbackId: '0' }, 'callbackId'],
    [{ callbackId: Array.from({ length: 201 }, (_, index) => index + 1).join(',') }, 'callbackId'],
    [{ groupBy: 'goal' }, 'groupBy'],
    [{ limit: '201' }, 'limit'],
    [{ colour: 'red' }, ''],
  ])('cannot be put: %j', (query, path) => {
    const parsed = statisticsQuerySchema.safeParse(query);
    expect(parsed.success).toBe(false);
    expect(parsed.error!.issues[0]!.path.join('.')).toBe(path);
  });

  it('reaches back 400 days by day', () => {
    expect(refusal({ from: '2025-06-01T00:00:00Z', interval: 'day' })).toBeNull();
    expect(refusal({ from: '2025-05-01T00:00:00Z', interval: 'day' })).toMatchObject({ path: 'from' });
  });

  it('names callbacks, and what had no request', () => {
    const question = read({ callbackId: '7,8', destination: 'none' });
    expect(question.ok && question.question.filter).toMatchObject({ callbackIds: [7, 8], destination: '' });
  });
});
