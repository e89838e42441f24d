import { deliveryIdFloor, encodeEvent, type ConversionErased, type ConversionEvent } from '@ringback/contracts';
import type { DeadLetter } from '@ringback/event-stream';
import { CallbackIndex } from '../callback-index/callback-index.js';
import type { Delivery, Outcome } from '../delivery/delivery.js';
import type { Lanes } from '../delivery/lanes.js';
import type { Recorder } from '../recording/recorder.js';
import { ConfigurationAuthor } from '../testing/configuration-author.js';
import { conversionCreated } from '../testing/conversion-event.js';
import { FakeLease, fakeMessage } from '../testing/deliveries.js';
import { NOTHING, type Known } from './find-known.js';
import { Intake, type IntakeOptions } from './intake.js';
import type { PartitionIntake, TrackedEvent } from './partition-intake.js';
import { Window, type WindowLimits } from './window.js';

const settle = async () => {
  for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve));
};

function intaking(limits: Partial<WindowLimits> = {}, options: Partial<IntakeOptions> = {}) {
  const author = new ConfigurationAuthor();
  const index = new CallbackIndex({ masterKey: author.masterKey });
  index.apply(author.offer(1));
  const window = new Window({ deliveries: 100, bytes: 1_000_000, destinationShare: 1, ...limits });
  const queued: Delivery[] = [];
  const settled: { delivery: Delivery; outcome: Outcome }[] = [];
  const letters: DeadLetter[] = [];
  const erasures: ConversionErased['data'][] = [];
  const done: TrackedEvent[] = [];
  const lookUps: string[][] = [];
  const known = new Set<string>();
  const fatals: unknown[] = [];
  let isBrisk = false;
  const recorder = {
    isBehind: false,
    settle: (delivery: Delivery, outcome: Outcome) => settled.push({ delivery, outcome }),
    watch: () => undefined,
    deadLetter: (_: TrackedEvent, letter: DeadLetter) => letters.push(letter),
    erase: (_: TrackedEvent, erasure: ConversionErased['data']) => erasures.push(erasure),
    eventDone: (tracked: TrackedEvent) => done.push(tracked),
    touch: () => undefined,
    lose: (partition: PartitionIntake) => partition.lose(),
  } as unknown as Recorder;
  const lanes = {
    enqueue: (delivery: Delivery) => {
      delivery.state = 'queued';
      queued.push(delivery);
    },
    isBrisk: () => isBrisk,
  } as unknown as Lanes;
  const intake = new Intake({
    window,
    index,
    lanes,
    recorder,
    holdOf: () => null,
    findKnown: (ids) => {
      lookUps.push([...ids]);
      return Promise.resolve({ ...NOTHING, known });
    },
    isDatabaseAway: (error) => (error as Error).message === 'away',
    catchUp: () => Promise.resolve(true),
    onFatal: (error) => fatals.push(error),
    maxQueuedBytes: 1_000_000,
    briskWithinMs: 1_000,
    retentionDays: 30,
    now: Date.now,
    monotonic: () => 1_000,
    wait: () => Promise.resolve(),
    ...options,
  });
  const lease = new FakeLease();
  intake.acquired(lease);
  let offset = 0;
  const admit = async (...events: ConversionEvent[]) => {
    intake.admit(
      lease,
      events.map((event) => fakeMessage(offset++, encodeEvent(event))),
    );
    await settle();
  };
  const setBrisk = (brisk: boolean) => (isBrisk = brisk);
  return {
    author,
    index,
    window,
    queued,
    settled,
    letters,
    erasures,
    done,
    lookUps,
    known,
    fatals,
    intake,
    lease,
    admit,
    recorder,
    setBrisk,
  };
}

describe('the intake', () => {
  it('hands what matches to the lanes after one look-up for all that arrived together', async () => {
    const { author, index, admit, queued, lookUps } = intaking();
    for (const id of [1, 2]) index.apply(author.callback(id));
    await admit(conversionCreated({ revision: 3 }), conversionCreated({ revision: 3 }));
    expect(queued.map(({ callbackId }) => callbackId)).toEqual([1, 2, 1, 2]);
    expect(lookUps).toEqual([queued.map(({ id }) => id)]);
  });

  it('sends nothing that is in the log, parked, or in hand', async () => {
    const { author, index, admit, queued, known, done, window } = intaking();
    index.apply(author.callback(1));
    const event = conversionCreated({ revision: 2 });
    await admit(event, event);
    expect(queued).toHaveLength(1);
    await admit(event);
    expect(queued).toHaveLength(1);
    window.release(queued[0]!);
    window.letGo(queued[0]!);
    known.add(queued[0]!.id);
    await admit(event);
    expect(queued).toHaveLength(1);
    expect(window.held).toBe(0);
    expect(done).toHaveLength(3);
  });

  it('sends nothing while PostgreSQL is away', async () => {
    let attempts = 0;
    const { author, index, admit, queued, fatals } = intaking(
      {},
      { findKnown: () => (++attempts < 5 ? Promise.reject(new Error('away')) : Promise.resolve(NOTHING)) },
    );
    index.apply(author.callback(1));
    await admit(conversionCreated({ revision: 2 }));
    expect(attempts).toBe(5);
    expect(queued).toHaveLength(1);
    expect(fatals).toEqual([]);
  });

  it('takes only what the window has room for, and goes on when there is room', async () => {
    const { author, index, admit, queued, window, intake } = intaking({ deliveries: 2 });
    index.apply(author.callback(1));
    await admit(...Array.from({ length: 5 }, () => conversionCreated({ revision: 2 })));
    expect(queued).toHaveLength(2);
    window.release(queued[0]!);
    intake.wake();
    await settle();
    expect(queued).toHaveLength(3);
  });

  it('parks the rest of an event that is larger than the window', async () => {
    const { author, index, admit, queued, settled } = intaking({ deliveries: 4 });
    for (let id = 1; id <= 10; id++) index.apply(author.callback(id));
    await admit(conversionCreated({ revision: author.revision }));
    expect(queued).toHaveLength(4);
    expect(settled).toHaveLength(6);
    expect(settled[0]!.outcome).toMatchObject({ kind: 'wait' });
  });

  it('parks what is beyond the share of a destination that stands still, and goes on with others', async () => {
    const { author, index, admit, queued, settled } = intaking({ deliveries: 10, destinationShare: 0.2 });
    index.apply(author.callback(1, { url: 'http://slow/' }));
    index.apply(author.callback(2, { affiliateId: 2, url: 'http://fast/' }));
    await admit(
      ...Array.from({ length: 5 }, () => conversionCreated({ revision: 3 })),
      conversionCreated({ revision: 3, conversion: { affiliateId: 2 } }),
    );
    expect(queued.map(({ destination }) => destination)).toEqual(['http://slow:80', 'http://slow:80', 'http://fast:80']);
    expect(settled).toHaveLength(3);
  });

  it('waits for a destination whose share is full but that moves on', async () => {
    const { author, index, admit, queued, settled, setBrisk, intake } = intaking({ deliveries: 10, destinationShare: 0.2 });
    setBrisk(true);
    index.apply(author.callback(1));
    for (let count = 0; count < 6; count++) await admit(conversionCreated({ revision: 2 }));
    expect(settled).toHaveLength(0);
    expect(queued).toHaveLength(3);
    intake.stop();
  });

  it('lets an event wait for its revision, and other partitions go on', async () => {
    let caughtUp: (fresh: boolean) => void = () => undefined;
    const catchUps: number[] = [];
    const { author, index, admit, queued, intake } = intaking(
      {},
      { catchUp: () => (catchUps.push(1), new Promise<boolean>((resolve) => (caughtUp = resolve))) },
    );
    index.apply(author.callback(1));
    const late = author.callback(2);
    await admit(conversionCreated({ revision: 3 }));
    const other = new FakeLease(1);
    intake.acquired(other);
    intake.admit(other, [fakeMessage(0, encodeEvent(conversionCreated({ revision: 2 })))]);
    await settle();
    expect(queued.map(({ callbackId }) => callbackId)).toEqual([1]);
    index.apply(late);
    caughtUp(true);
    await settle();
    expect(queued.map(({ callbackId }) => callbackId)).toEqual([1, 1, 2]);
    expect(catchUps).toHaveLength(1);
  });

  it('asks again while the configuration cannot be read, and sends nothing meanwhile', async () => {
    let asked = 0;
    const { author, index, admit, queued } = intaking({}, { catchUp: () => Promise.resolve(++asked >= 3) });
    index.apply(author.callback(1));
    await admit(conversionCreated({ revision: 7 }));
    expect(asked).toBe(3);
    expect(queued).toHaveLength(1);
  });

  it('sets aside what it cannot read or decide, and goes on', async () => {
    const { author, index, intake, lease, letters, queued } = intaking();
    const first = author.callback(1);
    index.apply(first);
    index.apply(author.callback(1, { name: 'edited' }));
    index.apply({ key: first.key, value: null });
    intake.admit(lease, [
      fakeMessage(0, Buffer.from('nonsense')),
      fakeMessage(1, encodeEvent(conversionCreated({ revision: 2 }))),
      fakeMessage(2, encodeEvent(conversionCreated({ revision: 3 }))),
    ]);
    await settle();
    expect(letters.map(({ offset, reason }) => [offset, reason.split(':')[0]])).toEqual([
      [0, 'unreadable'],
      [1, 'history-gone'],
    ]);
    expect(queued).toHaveLength(1);
  });

  it('starts nothing of a partition that was lost while its events were looked up', async () => {
    let answer: (known: Known) => void = () => undefined;
    const { author, index, admit, queued, settled, window, intake, lease } = intaking(
      {},
      { findKnown: () => new Promise((resolve) => (answer = resolve)) },
    );
    index.apply(author.callback(1));
    await admit(conversionCreated({ revision: 2 }));
    intake.lost(lease);
    answer(NOTHING);
    await settle();
    expect(queued).toHaveLength(0);
    expect(settled).toHaveLength(0);
    expect(window.size).toBe(0);
    expect(window.held).toBe(0);
  });

  it('leaves what was not looked up to the next owner when it drains', async () => {
    let answer: (known: Known) => void = () => undefined;
    const { author, index, admit, queued, window, intake, lease } = intaking(
      {},
      { findKnown: () => new Promise((resolve) => (answer = resolve)) },
    );
    index.apply(author.callback(1));
    await admit(conversionCreated({ revision: 2 }));
    await intake.drain(lease);
    answer(NOTHING);
    await settle();
    expect(queued).toHaveLength(0);
    expect(window.held).toBe(0);
  });

  it('sets aside what is of a day that the log has lost, and sends what is not', async () => {
    const lostBeforeMs = Date.now() - 3_600_000;
    const { author, index, admit, queued, letters, window } = intaking(
      {},
      { findKnown: () => Promise.resolve({ ...NOTHING, keptFromId: deliveryIdFloor(lostBeforeMs) }) },
    );
    index.apply(author.callback(1));
    index.apply(author.callback(2));
    const lost = conversionCreated({ revision: 3, recordedAtMs: lostBeforeMs - 1 });
    await admit(lost, conversionCreated({ revision: 3, recordedAtMs: lostBeforeMs }));
    expect(queued).toHaveLength(2);
    expect(letters).toMatchObject([{ offset: 0, value: encodeEvent(lost), reason: expect.stringMatching(/^too-old: /) }]);
    expect(window.size).toBe(2);
  });

  it('renders an event of a conversion that was erased since without its personal data', async () => {
    const event = conversionCreated({ revision: 2, conversion: { ip: '203.0.113.24', sub1: 'banner' } });
    const { author, index, admit, queued } = intaking(
      {},
      { findKnown: () => Promise.resolve({ ...NOTHING, erased: new Set([event.data.conversion.id]) }) },
    );
    index.apply(author.callback(1));
    await admit(event);
    const [{ event: inHand }] = queued as [Delivery];
    expect(inHand.event.data.conversion).toMatchObject({ sub1: 'banner', erasedAt: expect.any(String) });
    expect(inHand.bytes.toString()).not.toContain('203.0.113.24');
  });
});
