import { eventually, RecordingReceiver } from '@ringback/testbed';
import { PausesStore, type NewPause } from './pauses/pauses.store.js';
import type { RunningDispatcher } from './testing/dispatchers-under-test.js';
import { HeldDispatchers } from './testing/held-dispatchers.js';

describe('a pause', () => {
  let held: HeldDispatchers;
  let service: RunningDispatcher;
  let elsewhere: RecordingReceiver;
  let pauses: PausesStore;
  let ids = 0;

  beforeAll(async () => {
    [held, elsewhere] = await Promise.all([HeldDispatchers.start(), RecordingReceiver.start()]);
    service = await held.run();
    pauses = new PausesStore({ pool: held.spec.db, now: held.clock.now, onChanged: () => void service.dispatcher.parked.look() });
  });
  afterAll(async () => {
    await held.stop();
    await elsewhere.stop();
  });

  const pause = async (scope: NewPause['scope'], key: string): Promise<number> => {
    const made = await pauses.add({ scope, key, reason: null, createdBy: 'ada@example.com' });
    if (made.kind !== 'paused') throw new Error(made.kind);
    return made.pause.id;
  };
  const sentTo = (callbackId: number) => [...held.spec.receiver.on(`/${callbackId}`), ...elsewhere.on(`/${callbackId}`)].length;
  const isPaused = (callbackId: number, destination: string) =>
    service.dispatcher.sending.holds.isPaused(callbackId, destination, callbackId);

  it.each([
    { scope: 'all', key: () => '', alsoOther: true },
    { scope: 'destination', key: () => held.spec.receiver.url, alsoOther: false },
    { scope: 'affiliate', key: (callbackId: number) => String(callbackId), alsoOther: false },
    { scope: 'callback', key: (callbackId: number) => String(callbackId), alsoOther: false },
  ] as const)(
    'of $scope holds what it names, new and due again, and nothing else; all of it goes once it ends',
    async ({ scope, key, alsoOther }) => {
      const { author, receiver } = held.spec;
      // Each is of the affiliate with its own number.
      const [paused, other] = [++ids, ++ids];
      await held.spec.configure(
        author.callback(paused, { affiliateId: paused, url: `${receiver.url}/${paused}` }),
        author.callback(other, { affiliateId: other, url: `${elsewhere.url}/${other}` }),
      );
      receiver.answer({ status: 500 });
      await held.publish(paused, 3);
      await eventually(async () => (await held.waiting(paused)) === 3 && (await held.attempts(paused)) === 3);
      receiver.answer({});

      const id = await pause(scope, key(paused));
      await eventually(() => isPaused(paused, receiver.url));
      expect(isPaused(other, elsewhere.url)).toBe(alsoOther);
      await Promise.all([held.publish(paused, 5), held.publish(other, 5)]);
      // What failed is due again.
      held.clock.advance(10_000);
      held.claim();
      await eventually(async () => (await held.waiting(paused)) === 8);
      if (alsoOther) await eventually(async () => (await held.waiting(other)) === 5);
      else await eventually(async () => (await held.delivered(other)) === 5);
      await held.look();
      expect(await held.attempts(paused)).toBe(3);
      expect(sentTo(paused)).toBe(3);
      expect(sentTo(other)).toBe(alsoOther ? 0 : 5);
      expect(await held.waiting(paused)).toBe(8);

      await pauses.remove(id);
      await held.inTime(async () => (await held.delivered(paused)) === 8 && (await held.delivered(other)) === 5);
      // Waiting used up no attempt.
      expect(await held.attempts(paused)).toBe(3 * 2 + 5);
      expect(sentTo(paused)).toBe(11);
      expect(await held.attempts(other)).toBe(5);
      expect(sentTo(other)).toBe(5);
    },
  );

  it('lets what is under way end, and holds its next attempt', async () => {
    const { author, receiver } = held.spec;
    const callbackId = ++ids;
    await held.spec.configure(author.callback(callbackId, { affiliateId: callbackId, url: `${receiver.url}/${callbackId}` }));
    let answer = (): void => undefined;
    const answered = new Promise<void>((resolve) => (answer = resolve));
    receiver.answer(async () => {
      await answered;
      return { status: 500 };
    });
    await held.publish(callbackId);
    await eventually(() => sentTo(callbackId) === 1);
    const id = await pause('callback', String(callbackId));
    await eventually(() => isPaused(callbackId, receiver.url));
    answer();
    await eventually(async () => (await held.attempts(callbackId)) === 1 && (await held.waiting(callbackId)) === 1);
    receiver.answer({});
    held.clock.advance(10_000);
    held.claim();
    await held.look();
    expect(sentTo(callbackId)).toBe(1);
    await pauses.remove(id);
    await held.inTime(async () => (await held.delivered(callbackId)) === 1);
    expect(await held.attempts(callbackId)).toBe(2);
  });

  it('stands through a restart', async () => {
    const { author, receiver } = held.spec;
    const callbackId = ++ids;
    await held.spec.configure(author.callback(callbackId, { affiliateId: callbackId, url: `${receiver.url}/${callbackId}` }));
    const id = await pause('callback', String(callbackId));
    await service.stop();
    await held.publish(callbackId, 5);
    service = await held.run();
    await eventually(async () => (await held.waiting(callbackId)) === 5);
    expect(sentTo(callbackId)).toBe(0);
    await pauses.remove(id);
    await held.inTime(async () => (await held.delivered(callbackId)) === 5);
    expect(await held.attempts(callbackId)).toBe(5);
  });
});
