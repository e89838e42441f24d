import { waitsFor, type Explained } from './waits-for.js';

const NOW = Date.parse('2026-03-01T12:00:00.000Z');
const breaker = {
  scope: 'destination',
  openedAt: '2026-03-01T11:00:00.000Z',
  openUntil: '2026-03-01T12:00:30.000Z',
  openings: 3,
  reason: 'connect ECONNREFUSED 10.0.0.1:443',
} as const;
const pause = {
  id: 1,
  scope: 'destination',
  reason: 'maintenance',
  createdBy: 'ada@example.com',
  createdAt: '2026-03-01T10:00:00.000Z',
} as const;

const item = (setting: Partial<Explained>): Explained => ({
  destination: 'https://tracker.example.com:443',
  callbackId: null,
  callbacks: 1,
  parked: 3,
  parkedIsCapped: false,
  due: 0,
  beingSent: 0,
  oldestDueAt: null,
  nextDueAt: '2026-03-01T12:00:05.000Z',
  breaker: null,
  pause: null,
  draining: false,
  disabled: false,
  pausedCallbacks: 0,
  brokenCallbacks: 0,
  disabledCallbacks: 0,
  isBehindEarlier: false,
  maxPerSecond: null,
  ...setting,
});

describe('what an item waits for', () => {
  it.each<[string, Partial<Explained>, string]>([
    ['a later attempt', {}, 'retry at 2026-03-01T12:00:05.000Z'],
    ['its turn', { due: 2, oldestDueAt: '2026-03-01T11:59:00.000Z' }, 'its turn, due since 2026-03-01T11:59:00.000Z'],
    [
      'earlier deliveries',
      { due: 2, isBehindEarlier: true },
      'earlier deliveries of the same conversions, of which one is tried at 2026-03-01T12:00:05.000Z',
    ],
    [
      'its rate',
      { due: 2, maxPerSecond: 5, oldestDueAt: '2026-03-01T11:59:00.000Z' },
      'its limit of 5 a second, due since 2026-03-01T11:59:00.000Z',
    ],
    ['an answer', { beingSent: 1 }, 'being sent'],
    ['a record', { nextDueAt: null }, 'being recorded'],
    [
      'the rate of a backlog',
      { due: 2, beingSent: 1, draining: true, oldestDueAt: '2026-03-01T11:59:00.000Z' },
      'its backlog goes out at a bounded rate, due since 2026-03-01T11:59:00.000Z',
    ],
    ['a breaker', { breaker }, 'destination breaker until 2026-03-01T12:00:30.000Z: connect ECONNREFUSED 10.0.0.1:443'],
    [
      'the probe of a breaker',
      { breaker: { ...breaker, scope: 'callback', openUntil: '2026-03-01T12:00:00.000Z' } },
      'callback breaker about to be tried: connect ECONNREFUSED 10.0.0.1:443',
    ],
    ['a pause', { pause }, 'paused by ada@example.com: maintenance'],
    ['a pause of all without a reason', { pause: { ...pause, scope: 'all', reason: null } }, 'paused by ada@example.com (all deliveries)'],
    ['a pause of its affiliate', { pause: { ...pause, scope: 'affiliate' } }, 'paused by ada@example.com (its affiliate): maintenance'],
    ['an enabled callback', { disabled: true, disabledCallbacks: 1 }, 'callback disabled'],
    ['enabled callbacks', { disabled: true, callbacks: 4, disabledCallbacks: 4 }, 'all its 4 callbacks are disabled'],
    [
      'its turn, some of its callbacks for more',
      { due: 1, oldestDueAt: '2026-03-01T11:59:00.000Z', callbacks: 5, pausedCallbacks: 1, brokenCallbacks: 2 },
      'its turn, due since 2026-03-01T11:59:00.000Z; of its 5 callbacks 1 paused, 2 behind a breaker of their own',
    ],
    [
      'what holds each of its callbacks',
      { callbacks: 3, pausedCallbacks: 1, brokenCallbacks: 1, disabledCallbacks: 1 },
      'of its 3 callbacks 1 paused, 1 behind a breaker of their own, 1 disabled',
    ],
  ])('is %s, in words', (_, setting, words) => {
    expect(waitsFor(item(setting), NOW)).toBe(words);
  });

  it('is the widest hold: a pause before a disabled callback before a breaker', () => {
    expect(waitsFor(item({ pause, disabled: true, breaker }), NOW)).toMatch(/^paused/);
    expect(waitsFor(item({ disabled: true, breaker }), NOW)).toBe('callback disabled');
  });
});
