import { conversionCreated } from './testing/conversion-event.js';
import { eventually, RecordingReceiver } from '@ringback/testbed';
import type { RunningDispatcher } from './testing/dispatchers-under-test.js';
import { HeldDispatchers } from './testing/held-dispatchers.js';
import { parkBacklog } from './testing/parked-backlog.js';

const BACKLOG = 3_000;
const PER_SECOND = 500;

describe('a backlog of thousands', () => {
  let held: HeldDispatchers;
  let service: RunningDispatcher;
  let other: RecordingReceiver;

  beforeEach(async () => {
    [held, other] = await Promise.all([HeldDispatchers.start(), RecordingReceiver.start()]);
    const { author, receiver } = held.spec;
    await held.spec.configure(
      author.callback(1, { affiliateId: 1, url: `${receiver.url}/backlog` }),
      author.callback(2, { affiliateId: 2, url: `${other.url}/other` }),
      author.callback(3, { affiliateId: 3, url: `${receiver.url}/neighbour` }),
      author.callback(4, { affiliateId: 4, url: `${other.url}/ready` }),
    );
    service = await held.run({ DRAIN_PER_SECOND: String(PER_SECOND) });
    // It has joined its group, and works.
    await held.publish(4);
    await eventually(async () => (await held.delivered(4)) === 1);
  });
  afterEach(async () => {
    await held.stop();
    await other.stop();
  });

  const park = (callbackId: number, count: number) =>
    parkBacklog(held.spec.db, {
      event: conversionCreated({
        revision: held.spec.author.revision,
        conversion: { affiliateId: callbackId },
        recordedAtMs: held.clock.now() - 60_000,
      }),
      callbackId,
      destination: callbackId === 2 ? other.url : held.spec.receiver.url,
      count,
      dueAtMs: held.clock.now() - 60_000,
    });
  const isDraining = async (callbackId: number): Promise<boolean> =>
    (await held.spec.count('dispatcher.parked_queue where callback_id = $1 and draining', [callbackId])) === 1;

  it('drains at a bounded rate; what is new joins it, and neither its neighbours nor other destinations wait', async () => {
    const { receiver } = held.spec;
    const { dispatcher } = service;
    await park(1, BACKLOG);
    const begunAt = performance.now();
    held.claim();
    await eventually(() => isDraining(1));
    await eventually(() => dispatcher.sending.holds.draining.has(1));

    await Promise.all([held.publish(1, 10), held.publish(2, 50), held.publish(3, 50)]);
    await eventually(() => other.on('/other').length === 50 && receiver.on('/neighbour').length === 50);
    // They came through while most of the backlog was still waiting.
    expect(await held.waiting(1)).toBeGreaterThan(0);
    await eventually(async () => (await held.delivered(2)) === 50 && (await held.delivered(3)) === 50);
    expect(dispatcher.recorder.recordedCounts.wait).toBe(10);

    await eventually(async () => (await held.delivered(1)) === BACKLOG + 10);
    // What was in hand before it was known to be a backlog, and a burst, came at once. Whatever is slow here only makes it longer.
    expect(performance.now() - begunAt).toBeGreaterThanOrEqual((1_000 * (BACKLOG - 200)) / PER_SECOND);
    expect(receiver.repeats + other.repeats).toBe(0);
    await eventually(async () => !(await isDraining(1)) && !dispatcher.sending.holds.draining.has(1));

    await held.publish(1, 10);
    await eventually(async () => (await held.delivered(1)) === BACKLOG + 20);
    // They went straight to their lane.
    expect(dispatcher.recorder.recordedCounts.wait).toBe(10);
  });

  it('is none when a few retries are due: what is new goes on as ever', async () => {
    const { dispatcher } = service;
    await park(1, 1);
    await park(2, 100);
    held.claim();
    await eventually(async () => (await held.delivered(1)) === 1 && (await held.delivered(2)) === 100);
    await held.look();
    expect(await held.spec.count('dispatcher.parked_queue where draining')).toBe(0);
    expect(dispatcher.sending.holds.draining.size).toBe(0);
    await held.publish(1, 10);
    await eventually(async () => (await held.delivered(1)) === 11);
    expect(dispatcher.recorder.recordedCounts.wait).toBe(0);
  });
});
