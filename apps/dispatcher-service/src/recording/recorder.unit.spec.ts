import type { Delivery } from '../delivery/delivery.js';
import { PartitionIntake } from '../intake/partition-intake.js';
import { Window } from '../intake/window.js';
import { aDelivery, aTrackedDelivery, FakeLease } from '../testing/deliveries.js';
import { Recorder } from './recorder.js';
import type { Batch } from './write-batch.js';

/** Holds each batch until the spec says what became of it. */
class HeldWriter {
  readonly batches: Batch[] = [];
  #answer: ((refused: ReadonlySet<PartitionIntake>) => void) | null = null;
  #asked: (() => void) | null = null;

  write(batch: Batch): Promise<ReadonlySet<PartitionIntake>> {
    this.batches.push(batch);
    this.#asked?.();
    return new Promise((resolve) => (this.#answer = resolve));
  }

  async next(count: number): Promise<Batch> {
    while (this.batches.length < count) await new Promise<void>((resolve) => (this.#asked = resolve));
    return this.batches[count - 1]!;
  }

  async written(refused: PartitionIntake[] = []): Promise<void> {
    this.#answer!(new Set(refused));
    await new Promise((resolve) => setImmediate(resolve));
  }
}

function recording() {
  const writer = new HeldWriter();
  const window = new Window({ deliveries: 100, bytes: 1_000, destinationShare: 1 });
  const partition = new PartitionIntake(new FakeLease(), 1_000);
  const state = { monotonicMs: 0, done: [] as Delivery[], parkedDueAt: [] as number[], removed: [] as Delivery[] };
  const recorder = new Recorder({
    window,
    writer,
    lanes: { remove: (delivery) => state.removed.push(delivery) },
    parkAfterMs: 0,
    now: () => 1_000,
    monotonic: () => state.monotonicMs,
    onRoom: () => undefined,
    onParked: (dueAtMs) => state.parkedDueAt.push(dueAtMs),
    onDone: (delivery) => state.done.push(delivery),
    onErasures: () => undefined,
    onFatal: (error) => {
      throw error;
    },
  });
  let offset = 0;
  const admitted = (): Delivery => {
    const delivery = aTrackedDelivery(partition, offset++);
    window.hold(delivery);
    window.holdBytes(delivery.tracked!);
    return delivery;
  };
  return { recorder, writer, window, partition, state, admitted };
}

describe('the recorder', () => {
  it('writes what settled and the progress in one batch, and frees its room only when it is written', async () => {
    const { recorder, writer, window, partition, admitted, state } = recording();
    const deliveries = [admitted(), admitted()];
    for (const delivery of deliveries) recorder.settle(delivery, { kind: 'delivered' });
    const batch = await writer.next(1);
    expect(batch.rows).toEqual(deliveries);
    expect([...batch.moves]).toEqual([[partition, 2]]);
    expect(window.held).toBe(2);
    await writer.written();
    expect(window.held).toBe(0);
    expect(window.size).toBe(0);
    expect(partition.recordedOffset).toBe(2);
    expect(state.done).toEqual(deliveries);
    await recorder.idle();
  });

  it('gathers what settles meanwhile into the next batch, and never writes two at once', async () => {
    const { recorder, writer, admitted } = recording();
    const [first, second, third] = [admitted(), admitted(), admitted()];
    recorder.settle(first, { kind: 'delivered' });
    await writer.next(1);
    recorder.settle(third, { kind: 'delivered' });
    recorder.settle(second, { kind: 'delivered' });
    expect(writer.batches).toHaveLength(1);
    await writer.written();
    const batch = await writer.next(2);
    expect(batch.rows).toEqual([third, second]);
    await writer.written();
  });

  it('parks what is under way for too long under a lease, and writes what comes of it under that lease', async () => {
    const { recorder, writer, window, partition, admitted, state } = recording();
    const delivery = admitted();
    delivery.state = 'inFlight';
    delivery.abortsAt = 5_000;
    recorder.watch(delivery);
    state.monotonicMs = 1;
    const parking = await writer.next(1);
    expect(parking.rows).toEqual([delivery]);
    expect(delivery.pendingLease).toMatchObject({ endsAt: 10_000 });
    expect([...parking.moves]).toEqual([[partition, 1]]);
    // The answer comes while the row is being written.
    recorder.settle(delivery, { kind: 'delivered' });
    expect(writer.batches).toHaveLength(1);
    await writer.written();
    expect(delivery.lease).not.toBeNull();
    expect(delivery.tracked).toBeNull();
    expect(window.held).toBe(0);
    expect(window.get(delivery.id)).toBe(delivery);
    const settling = await writer.next(2);
    expect(settling.rows).toEqual([delivery]);
    await writer.written();
    expect(window.size).toBe(0);
  });

  it('parks what still waits in its lane for anyone, and says when it is due', async () => {
    const { recorder, writer, admitted, state } = recording();
    const delivery = admitted();
    delivery.state = 'queued';
    recorder.watch(delivery);
    state.monotonicMs = 1;
    await writer.next(1);
    expect(state.removed).toEqual([delivery]);
    expect(delivery.outcome).toEqual({ kind: 'wait', error: null, dueAtMs: 1_000 });
    await writer.written();
    expect(state.parkedDueAt).toEqual([1_000]);
  });

  it('drops what waits of a partition that was lost, and makes orphans of what is under way', async () => {
    const { recorder, writer, window, partition, admitted, state } = recording();
    const [queued, inFlight, failing] = [admitted(), admitted(), admitted()];
    queued.state = 'queued';
    inFlight.state = 'inFlight';
    failing.state = 'inFlight';
    for (const delivery of [queued, inFlight, failing]) {
      delivery.admittedAt = 1_000_000;
      recorder.watch(delivery);
    }
    recorder.lose(partition);
    expect(state.removed).toEqual([queued]);
    expect(window.held).toBe(0);
    expect(inFlight.isOrphan).toBe(true);
    failing.attempt = ATTEMPT;
    recorder.settle(failing, { kind: 'retry', error: 'answered 500', dueAtMs: 2_000 });
    expect(window.get(failing.id)).toBeUndefined();
    // What was sent was sent: it is logged, and moves no progress.
    inFlight.attempt = ATTEMPT;
    recorder.settle(inFlight, { kind: 'delivered' });
    const batch = await writer.next(1);
    expect(batch.rows).toEqual([inFlight]);
    expect(batch.moves.size).toBe(0);
    await writer.written();
    expect(window.size).toBe(0);
    recorder.stop();
  });

  it('takes a refused move for the loss of the partition', async () => {
    const { recorder, writer, partition, window, admitted } = recording();
    const [sent, failing] = [admitted(), admitted()];
    recorder.settle(sent, { kind: 'delivered' });
    recorder.settle(failing, { kind: 'retry', error: 'answered 500', dueAtMs: 2_000 });
    await writer.next(1);
    await writer.written([partition]);
    expect(partition.lost).toBe(true);
    expect(partition.recordedOffset).toBe(0);
    expect(window.size).toBe(0);
  });

  it('moves no progress for what is parked', async () => {
    const { recorder, writer, window } = recording();
    const delivery = aDelivery();
    delivery.lease = { token: 't', endsAt: 1 };
    window.take(delivery);
    recorder.settle(delivery, { kind: 'delivered' });
    const batch = await writer.next(1);
    expect(batch.moves.size).toBe(0);
    await writer.written();
    expect(window.size).toBe(0);
  });
});

const ATTEMPT = {
  number: 1,
  startedAtMs: 0,
  durationMs: 1,
  httpStatus: 200,
  error: null,
  exchange: null,
  exchangeLost: false,
  callbackVersion: 1,
  isGone: false,
};
