import { eventually } from '@ringback/testbed';
import { HeldDispatchers } from './testing/held-dispatchers.js';

describe('what is broken holds up nobody else', () => {
  let held: HeldDispatchers;
  beforeEach(async () => {
    held = await HeldDispatchers.start();
  });
  afterEach(() => held.stop());

  it('a callback that is refused, on a host that it shares with fifty others', async () => {
    const { receiver } = held.spec;
    receiver.answer(({ path }) => (path === '/refused' ? { status: 401 } : {}));
    await held.spec.configure(
      held.spec.author.callback(1, { affiliateId: 1, url: `${receiver.url}/refused` }),
      ...Array.from({ length: 50 }, (_, other) =>
        held.spec.author.callback(100 + other, { affiliateId: 100 + other, url: `${receiver.url}/other` }),
      ),
    );
    await held.run();
    await held.publish(1, 40);
    await eventually(async () => (await held.breaker()) !== undefined && (await held.waiting(1)) === 40);
    expect(await held.breaker()).toMatchObject({ scope: 'callback', key: '1', openings: 1 });
    const before = await held.attempts(1);
    expect(receiver.on('/refused')).toHaveLength(before);
    expect(before).toBeLessThan(40);

    await held.publish(1, 20);
    await Promise.all(Array.from({ length: 50 }, (_, other) => held.publish(100 + other, 5)));
    await eventually(() => receiver.on('/other').length === 250);
    await eventually(async () => (await held.waiting(1)) === 60);
    expect(await held.attempts(1)).toBe(before);
    expect(await held.spec.count('dispatcher.breaker')).toBe(1);
    await eventually(async () => (await held.spec.count('dispatcher.delivery where callback_id >= 100 and attempts = 1')) === 250);

    // Its admin enters the right token: no need to wait for a probe.
    receiver.answer({});
    await held.spec.configure(held.spec.author.callback(1, { url: `${receiver.url}/mended` }));
    await eventually(async () => (await held.breaker()) === undefined);
    await held.inTime(async () => (await held.delivered(1)) === 60);
    expect(receiver.on('/mended')).toHaveLength(60);
    expect(receiver.on('/refused')).toHaveLength(before);
  });

  it('a callback at its limit of rate: it uses up no attempt, and its neighbours on the same host do not wait', async () => {
    const { receiver } = held.spec;
    await held.spec.configure(
      held.spec.author.callback(1, { affiliateId: 1, url: `${receiver.url}/limited`, maxPerSecond: 20 }),
      held.spec.author.callback(2, { affiliateId: 2, url: `${receiver.url}/free` }),
    );
    await held.run();
    const begunAt = performance.now();
    await held.publish(1, 80);
    await held.publish(2, 100);
    await eventually(() => receiver.on('/free').length === 100);
    expect(receiver.on('/limited').length).toBeLessThan(80);
    await eventually(async () => (await held.delivered(1)) === 80);
    // Two at once, and then twenty a second: whatever is slow here only makes it longer.
    expect(performance.now() - begunAt).toBeGreaterThanOrEqual((1_000 * (80 - 2)) / 20 - 50);
    expect(await held.spec.count('dispatcher.delivery where attempts = 1')).toBe(180);
    expect(receiver.repeats).toBe(0);
  });
});
