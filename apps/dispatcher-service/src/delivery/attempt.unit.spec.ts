import { pino } from 'pino';
import { CallbackIndex } from '../callback-index/callback-index.js';
import { CompiledCallbacks } from '../callback-index/compiled-callbacks.js';
import { ConfigurationAuthor } from '../testing/configuration-author.js';
import { aDelivery } from '../testing/deliveries.js';
import { Attempts } from './attempt.js';
import { Breakers } from './breakers.js';
import type { Delivery, Outcome } from './delivery.js';
import { DeliveryMeasures } from './delivery-measures.js';
import { Holds, type BreakerScope } from './holds.js';
import type { OutgoingRequest, SendResult } from './http-sender.js';
import type { Ending } from './lanes.js';

const HOST = 'http://a.example:80';
const NOW_MS = Date.parse('2026-03-01T12:00:00.000Z');

function attemptsOf(setting = {}) {
  const author = new ConfigurationAuthor();
  const index = new CallbackIndex({ masterKey: author.masterKey });
  index.apply(author.keyringRecord());
  index.apply(author.callback(1, { url: `${HOST}/hit`, ...setting }));
  const holds = new Holds();
  const settled: Outcome[] = [];
  const sent: { request: OutgoingRequest; done: (result: SendResult) => void }[] = [];
  const endings: Ending[] = [];
  const released: string[] = [];
  const clock = { nowMs: NOW_MS };
  const clocks = { now: () => clock.nowMs, monotonic: () => clock.nowMs, random: () => 0.5 };
  const breakers = new Breakers({
    holds,
    share: (_, key, breaker) => breaker?.openUntilMs === clock.nowMs && released.push(key),
    onOpened: () => undefined,
    onClosed: () => undefined,
    ...clocks,
  });
  const attempts = new Attempts({
    index,
    compiled: new CompiledCallbacks(),
    holds,
    breakers,
    send: (request, done) => sent.push({ request, done }),
    settle: (_, outcome) => settled.push(outcome),
    drop: () => undefined,
    finished: (_, ending) => endings.push(ending),
    isStopped: (redeliveryId) => redeliveryId === 'stopped',
    measures: new DeliveryMeasures(),
    logger: pino({ level: 'silent' }),
    userAgent: 'Ringback/spec',
    ...clocks,
  });
  const open = (scope: BreakerScope, key: string) =>
    holds.setBreaker({ scope, key, openedAtMs: NOW_MS, openUntilMs: NOW_MS + 5_000, openings: 1, reason: 'spec' });
  return { attempts, index, author, holds, breakers, settled, sent, endings, released, clock, open };
}

/** @returns a delivery from the backlog, under a lease of 45 s. */
function aParkedDelivery(probe: Delivery['probe'] = null): Delivery {
  const delivery = aDelivery(HOST);
  delivery.lease = { token: 'token', endsAt: NOW_MS + 45_000 };
  delivery.probe = probe;
  return delivery;
}
const timing = { dnsMs: null, connectMs: null, tlsMs: null, firstByteMs: null };
const answered = (status: number, headers: string[] = []): SendResult => ({
  timing,
  kind: 'answered',
  status,
  headers,
  body: Buffer.alloc(0),
  truncated: false,
});

describe('an attempt', () => {
  it.each([
    ['destination', HOST],
    ['callback', '1'],
  ] as const)('is not made behind the open breaker of a %s, and none is used up', (scope, key) => {
    const { attempts, settled, sent, open } = attemptsOf();
    open(scope, key);
    const delivery = aParkedDelivery();
    expect(attempts.start(delivery)).toBe(false);
    expect(sent).toEqual([]);
    expect(delivery.attempts).toBe(0);
    // Where PostgreSQL does not know it yet, it comes up again: later, then.
    expect(settled).toEqual([{ kind: 'wait', error: null, dueAtMs: NOW_MS + 5_000, isHeld: true }]);
  });

  it.each([
    { probe: 'destination', open: ['destination'], isSent: true },
    { probe: 'destination', open: ['destination', 'callback'], isSent: true },
    { probe: 'callback', open: ['callback'], isSent: true },
    { probe: 'callback', open: ['destination', 'callback'], isSent: false },
  ] as const)('that probes a $probe while the breakers of $open are open: sent is $isSent', ({ probe, open, isSent }) => {
    const world = attemptsOf();
    const keys = { destination: HOST, callback: '1' };
    for (const scope of open) world.open(scope, keys[scope]);
    expect(world.attempts.start(aParkedDelivery({ scope: probe, key: keys[probe] }))).toBe(isSent);
    expect(world.sent).toHaveLength(isSent ? 1 : 0);
    expect(world.released).toEqual(isSent ? [] : [keys[probe]]);
  });

  it('that probes is not made during a pause, and gives the right to probe back', () => {
    const { attempts, holds, sent, open, released } = attemptsOf();
    open('destination', HOST);
    holds.setPauses([{ scope: 'callback', key: '1' }]);
    expect(attempts.start(aParkedDelivery({ scope: 'destination', key: HOST }))).toBe(false);
    expect(sent).toEqual([]);
    expect(released).toEqual([HOST]);
  });

  it('is not made for a callback that is disabled, deleted, or under a lease that would end first', () => {
    const { attempts, index, author, settled, sent } = attemptsOf({ timeoutMs: 30_000 });
    const late = aParkedDelivery();
    late.lease = { token: 'token', endsAt: NOW_MS + 34_000 };
    attempts.start(late);
    index.apply(author.callback(1, { enabled: false }));
    attempts.start(aParkedDelivery());
    index.apply(author.deleteCallback(1));
    attempts.start(aParkedDelivery());
    expect(sent).toEqual([]);
    expect(settled).toMatchObject([
      { kind: 'wait', error: null, dueAtMs: NOW_MS },
      { kind: 'wait', error: 'the callback is disabled' },
      { kind: 'cancelled', error: 'the callback was deleted' },
    ]);
  });

  it('is not made when the time of its delivery is over', () => {
    const { attempts, settled, sent } = attemptsOf();
    const delivery = aParkedDelivery();
    delivery.expiresAtMs = NOW_MS;
    expect(attempts.start(delivery)).toBe(false);
    expect(sent).toEqual([]);
    expect(settled).toEqual([{ kind: 'exhausted', error: 'waited for too long' }]);
  });

  it.each([
    { result: answered(200), ending: 'answered', outcome: { kind: 'delivered' } },
    { result: answered(302, ['Location', 'https://b.example/']), ending: 'answered', outcome: { kind: 'exhausted' } },
    { result: answered(401), ending: 'answered', outcome: { kind: 'retry', dueAtMs: NOW_MS + 5_000 } },
    { result: answered(429, ['retry-after', '60']), ending: 'strained', outcome: { kind: 'retry', dueAtMs: NOW_MS + 60_000 } },
    { result: answered(503), ending: 'strained', outcome: { kind: 'retry', dueAtMs: NOW_MS + 5_000 } },
    { result: { timing, kind: 'timeout' }, ending: 'strained', outcome: { kind: 'retry', dueAtMs: NOW_MS + 5_000 } },
    { result: { timing, kind: 'network-error', message: 'connect ECONNREFUSED' }, ending: 'failed', outcome: { kind: 'retry' } },
  ] as { result: SendResult; ending: Ending; outcome: Partial<Outcome> }[])(
    'that ends with $result.kind $result.status tells its lane that it $ending',
    ({ result, ending, outcome }) => {
      const { attempts, sent, endings, settled } = attemptsOf();
      const delivery = aParkedDelivery();
      expect(attempts.start(delivery)).toBe(true);
      sent[0]!.done(result);
      expect(endings).toEqual([ending]);
      expect(settled).toMatchObject([outcome]);
      expect(delivery.attempts).toBe(1);
    },
  );

  it('of a redelivery is the only one: what fails is not tried again', () => {
    const { attempts, sent, settled } = attemptsOf();
    const delivery = aParkedDelivery();
    delivery.attempts = 3;
    delivery.redelivery = { id: 'running', of: null };
    expect(attempts.start(delivery)).toBe(true);
    sent[0]!.done(answered(503));
    expect(delivery.attempt).toMatchObject({ number: 4 });
    expect(settled).toEqual([{ kind: 'exhausted', error: 'answered 503' }]);
  });

  it('of a redelivery that was paused or cancelled is not made, and its delivery is given back until it expires', () => {
    const { attempts, sent, settled } = attemptsOf();
    const delivery = aParkedDelivery();
    delivery.redelivery = { id: 'stopped', of: null };
    delivery.expiresAtMs = NOW_MS + 1_000_000;
    expect(attempts.start(delivery)).toBe(false);
    expect(sent).toEqual([]);
    expect(settled).toEqual([{ kind: 'wait', error: null, dueAtMs: NOW_MS + 1_000_000, isHeld: true }]);
  });

  it('that redirects breaks nothing, however often', () => {
    const { attempts, sent, holds } = attemptsOf();
    for (let count = 0; count < 100; count++) {
      attempts.start(aParkedDelivery());
      sent[count]!.done(answered(302));
    }
    expect([...holds.breakers()]).toEqual([]);
  });
});
