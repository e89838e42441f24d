import { eventually } from '@ringback/testbed';
import { EventStreamError } from './event-stream-error.js';
import { type OrderedBatch, OrderedBatchWorker, type OrderedBatchWorkerOptions } from './ordered-batch-worker.js';
import { ok } from './outcome.js';
import type { IncomingMessage, PartitionLease } from './partition-worker.js';

const silent = { debug() {}, info() {}, warn() {}, error() {} };
const messages = (from: number, count: number): IncomingMessage[] =>
  Array.from({ length: count }, (_, i) => ({ offset: from + i, key: null, value: null, timestampMs: 0 }));

class FakeLease implements PartitionLease {
  readonly topic = 'commands';
  readonly epoch = 1;
  readonly startOffset = 0;
  isPaused = false;
  constructor(readonly partition: number) {}
  isLive(): boolean {
    return true;
  }
  pause(): void {
    this.isPaused = true;
  }
  resume(): void {
    this.isPaused = false;
  }
}

/** Answers as PostgreSQL does to the two statements of `record`. */
function database(isOurs = true) {
  const statements: string[] = [];
  const client = {
    async query(text: string, values: unknown[][]) {
      statements.push(text);
      return {
        rows: isOurs && text.includes('moves') ? [{ topic: values[1]![0], partition: values[2]![0], epoch: String(values[3]![0]) }] : [],
      };
    },
  };
  return { client: client as unknown as Parameters<OrderedBatch['record']>[0], statements };
}

describe('ordered batches', () => {
  const fatal: Error[] = [];
  beforeEach(() => void (fatal.length = 0));
  const worker = (handle: OrderedBatchWorkerOptions['handle'], more: Partial<OrderedBatchWorkerOptions> = {}) =>
    new OrderedBatchWorker({
      schema: 'conversions',
      instanceId: 'a',
      logger: silent,
      isTransient: (error) => (error as { transient?: boolean }).transient === true,
      onFatal: (error) => fatal.push(error),
      handle,
      ...more,
    });
  const recorded = (batch: OrderedBatch) =>
    batch.record(
      database().client,
      batch.messages.map(() => ok),
    );
  const offsets = (batch: OrderedBatch) => batch.messages.map(({ offset }) => offset);

  it('hands over what came, in order, at most maxBatchMessages at a time, one batch after the other', async () => {
    const handled: number[][] = [];
    let atOnce = 0;
    const lease = new FakeLease(0);
    const ordered = worker(
      async (batch) => {
        expect(++atOnce).toBe(1);
        await recorded(batch);
        handled.push(offsets(batch));
        atOnce--;
      },
      { maxBatchMessages: 3 },
    );
    ordered.acquired(lease);
    ordered.admit(lease, messages(0, 4));
    ordered.admit(lease, messages(4, 3));
    await eventually(() => handled.length === 3);
    expect(handled).toEqual([[0, 1, 2], [3, 4, 5], [6]]);
  });

  it('works partitions beside each other', async () => {
    const held = Promise.withResolvers<void>();
    const done: number[] = [];
    const leases = [new FakeLease(0), new FakeLease(1)];
    const ordered = worker(async (batch) => {
      if (batch.lease.partition === 0) await held.promise;
      await recorded(batch);
      done.push(batch.lease.partition);
    });
    for (const lease of leases) {
      ordered.acquired(lease);
      ordered.admit(lease, messages(0, 1));
    }
    await eventually(() => done.length === 1);
    held.resolve();
    await eventually(() => done.length === 2);
    expect(done).toEqual([1, 0]);
  });

  it('pauses the partition above maxQueuedMessages, and resumes it at half of it', async () => {
    const gate: (() => void)[] = [];
    const lease = new FakeLease(0);
    const ordered = worker(
      async (batch) => {
        await new Promise<void>((resolve) => gate.push(resolve));
        await recorded(batch);
      },
      { maxBatchMessages: 2, maxQueuedMessages: 4 },
    );
    ordered.acquired(lease);
    ordered.admit(lease, messages(0, 4));
    expect(lease.isPaused).toBe(false);
    ordered.admit(lease, messages(4, 2));
    expect(lease.isPaused).toBe(true);
    gate.shift()!();
    await eventually(() => gate.length === 1);
    expect(lease.isPaused).toBe(true);
    gate.shift()!();
    await eventually(() => gate.length === 1);
    expect(lease.isPaused).toBe(false);
    gate.shift()!();
  });

  it('hands over the same batch again after what waiting cures', async () => {
    const handled: number[][] = [];
    const lease = new FakeLease(0);
    const ordered = worker(async (batch) => {
      handled.push(offsets(batch));
      if (handled.length < 3) throw Object.assign(new Error('away'), { transient: true });
      await recorded(batch);
    });
    ordered.acquired(lease);
    ordered.admit(lease, messages(0, 2));
    await eventually(() => handled.length === 3);
    expect(handled).toEqual([
      [0, 1],
      [0, 1],
      [0, 1],
    ]);
    expect(fatal).toEqual([]);
  });

  it.each<[string, (batch: OrderedBatch) => Promise<void>, object]>([
    ['throws anything else', () => Promise.reject(new Error('bug')), { code: 'WORKER_FAILED' }],
    ['records nothing', () => Promise.resolve(), { cause: expect.objectContaining({ code: 'NOTHING_RECORDED' }) }],
    [
      'leaves out an outcome',
      (batch) => batch.record(database().client, [ok]),
      { cause: expect.objectContaining({ code: 'NOTHING_RECORDED' }) },
    ],
  ])('is fatal, and hands over nothing more, when the handler %s', async (_, handle, expected) => {
    let calls = 0;
    const lease = new FakeLease(0);
    const ordered = worker((batch) => {
      calls++;
      return handle(batch);
    });
    ordered.acquired(lease);
    ordered.admit(lease, messages(0, 2));
    await eventually(() => fatal.length > 0);
    ordered.admit(lease, messages(2, 2));
    await ordered.drain(lease);
    expect(fatal).toEqual([expect.objectContaining(expected)]);
    expect(calls).toBe(1);
  });

  it('forgets a partition that has another owner', async () => {
    const failures: unknown[] = [];
    const lease = new FakeLease(0);
    const ordered = worker((batch) =>
      batch
        .record(
          database(false).client,
          batch.messages.map(() => ok),
        )
        .catch((error: unknown) => {
          failures.push(error);
          throw error;
        }),
    );
    ordered.acquired(lease);
    ordered.admit(lease, messages(0, 1));
    await eventually(() => failures.length === 1);
    ordered.admit(lease, messages(1, 1));
    await ordered.drain(lease);
    expect(failures).toEqual([expect.any(EventStreamError)]);
    expect(failures).toEqual([expect.objectContaining({ code: 'LEASE_LOST' })]);
    expect(fatal).toEqual([]);
  });

  it('drains by finishing the batch in hand, and leaves the rest to the next owner', async () => {
    const gate = Promise.withResolvers<void>();
    const handled: number[][] = [];
    const lease = new FakeLease(0);
    const ordered = worker(
      async (batch) => {
        await gate.promise;
        await recorded(batch);
        handled.push(offsets(batch));
      },
      { maxBatchMessages: 1 },
    );
    ordered.acquired(lease);
    ordered.admit(lease, messages(0, 3));
    const draining = ordered.drain(lease);
    gate.resolve();
    await draining;
    expect(handled).toEqual([[0]]);
  });

  it('drains at once while it waits to try again', async () => {
    const tried = Promise.withResolvers<void>();
    const lease = new FakeLease(0);
    const ordered = worker(async () => {
      tried.resolve();
      throw Object.assign(new Error('away'), { transient: true });
    });
    ordered.acquired(lease);
    ordered.admit(lease, messages(0, 1));
    await tried.promise;
    await ordered.drain(lease);
    expect(fatal).toEqual([]);
  });
});
