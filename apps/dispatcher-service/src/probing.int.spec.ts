import { eventually, RecordingReceiver } from '@ringback/testbed';
import { HeldDispatchers } from './testing/held-dispatchers.js';
import type { RunningDispatcher } from './testing/dispatchers-under-test.js';

describe('an open breaker', () => {
  let held: HeldDispatchers;
  let broken: RecordingReceiver;
  beforeEach(async () => {
    [held, broken] = await Promise.all([HeldDispatchers.start(), RecordingReceiver.start()]);
  });
  afterEach(async () => {
    await held.stop();
    await broken.stop();
  });

  /** Goes to when the breaker may be probed, and waits until it is open again. */
  const probe = async () => {
    const { openings, until } = (await held.breaker())!;
    held.clock.set(until);
    await held.look();
    held.claim();
    await eventually(async () => (await held.breaker())!.openings === openings + 1);
  };

  it.each([1, 2])(
    'of a destination that refuses connections lets one probe through, with %i dispatchers, and what waits uses up no attempt',
    async (count) => {
      await broken.refuse();
      await held.spec.configure(
        held.spec.author.callback(1, { affiliateId: 1, url: `${broken.url}/broken` }),
        held.spec.author.callback(2, { affiliateId: 2, url: `${held.spec.receiver.url}/healthy` }),
      );
      for (let started = 0; started < count; started++) await held.run();
      await held.publish(1, 40);
      await eventually(async () => (await held.waiting(1)) === 40);
      const isKnown = ({ dispatcher }: RunningDispatcher) => dispatcher.sending.holds.destinationBreakers.size === 1;
      await eventually(() => held.running.every(isKnown));
      expect(await held.breaker()).toMatchObject({ scope: 'destination', key: broken.url, openings: 1 });
      const before = await held.attempts(1);
      expect(before).toBeGreaterThanOrEqual(5);

      await held.publish(1, 40);
      await held.publish(2, 100);
      await held.spec.receiver.waitForIds(100);
      await eventually(async () => (await held.delivered(2)) === 100 && (await held.waiting(1)) === 80);
      expect(await held.attempts(1)).toBe(before);

      for (let probes = 1; probes <= 3; probes++) {
        await probe();
        await eventually(async () => (await held.waiting(1)) === 80);
        expect(await held.attempts(1)).toBe(before + probes);
      }

      await broken.accept();
      await held.inTime(async () => (await held.delivered(1)) === 80);
      expect(await held.breaker()).toBeUndefined();
      expect(broken.repeats).toBe(0);
      // Not one more than the probes failed, and each came through once.
      expect(await held.attempts(1)).toBe(before + 3 + 80);
    },
  );

  it('of a callback whose host then goes away costs one attempt a probe, and is probed no faster', async () => {
    broken.answer({ status: 401 });
    await held.spec.configure(held.spec.author.callback(1, { affiliateId: 1, url: `${broken.url}/refused` }));
    await held.run();
    await held.publish(1, 40);
    await eventually(async () => (await held.breaker()) !== undefined && (await held.waiting(1)) === 40);
    const before = await held.attempts(1);
    await broken.refuse();
    for (let probes = 1; probes <= 3; probes++) {
      const { until, openings } = (await held.breaker())!;
      held.clock.set(until);
      held.claim();
      await eventually(
        async () =>
          (await held.breaker())!.until > held.clock.now() &&
          (await held.attempts(1)) === before + probes &&
          (await held.waiting(1)) === 40,
      );
      expect(openings).toBe(1);
    }
    await broken.accept();
    broken.answer({});
    await held.inTime(async () => (await held.delivered(1)) === 40);
    expect(await held.spec.count('dispatcher.breaker')).toBe(0);
  });

  it('is not probed with a disabled callback’s deliveries, but with another’s', async () => {
    await broken.refuse();
    await held.spec.configure(
      held.spec.author.callback(1, { affiliateId: 1, url: `${broken.url}/disabled` }),
      held.spec.author.callback(2, { affiliateId: 2, url: `${broken.url}/enabled` }),
    );
    const { dispatcher } = await held.run();
    await held.publish(1, 20);
    await eventually(async () => (await held.breaker()) !== undefined && (await held.waiting(1)) === 20);
    await held.spec.configure(held.spec.author.callback(1, { enabled: false }));
    await eventually(() => dispatcher.index.revision === held.spec.author.revision);
    const before = await held.attempts(1);
    held.clock.set((await held.breaker())!.until + 60 * 1_000);
    held.claim();
    await eventually(
      async () => (await held.spec.count(`dispatcher.parked_queue where callback_id = 1 and held_until > '-infinity'`)) === 1,
    );
    const { claimed } = dispatcher.parked;
    expect((await held.breaker())!.openings).toBe(1);

    await held.publish(2, 5);
    await eventually(async () => {
      held.claim();
      return (await held.breaker())!.openings === 2;
    });
    await eventually(async () => (await held.waiting(2)) === 5);
    expect(await held.attempts(1)).toBe(before);
    expect(await held.attempts(2)).toBe(1);
    expect(dispatcher.parked.claimed).toBe(claimed + 1);
  });
});
