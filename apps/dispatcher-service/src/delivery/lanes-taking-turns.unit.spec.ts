import { eventually } from '@ringback/testbed';
import { aDelivery } from '../testing/deliveries.js';
import type { Delivery } from './delivery.js';
import { Lanes } from './lanes.js';

const HOST = 'http://a:80';

interface Setting {
  readonly perDestination?: number;
  readonly total?: number;
  readonly takeRate?: (callbackId: number) => number;
  readonly starts?: (delivery: Delivery) => boolean;
}

function lanesOf({ perDestination = 4, total = 1_000, takeRate = () => 0, starts = () => true }: Setting) {
  const started: Delivery[] = [];
  const disposed: Delivery[] = [];
  const world = { members: 1, nowMs: 0 };
  const lanes = new Lanes({
    perDestination,
    total,
    start: (delivery) => {
      const isStarted = starts(delivery);
      (isStarted ? started : disposed).push(delivery);
      return isStarted;
    },
    members: () => world.members,
    takeRate,
    monotonic: () => world.nowMs,
  });
  const enqueue = (callbackId: number, count = 1, destination = HOST) => {
    for (let queued = 0; queued < count; queued++) lanes.enqueue(aDelivery(destination, callbackId));
  };
  let finished = 0;
  /** Ends the requests that have been under way the longest. */
  const finish = (count: number) => {
    for (const end = finished + count; finished < end; finished++) lanes.finished(started[finished]!.lane!, 'answered', world.nowMs);
  };
  const callbacks = (from = 0) => started.slice(from).map(({ callbackId }) => callbackId);
  return { lanes, started, disposed, world, enqueue, finish, callbacks };
}

describe('callbacks of one destination', () => {
  it('take turns, however much one of them has', () => {
    const { enqueue, finish, callbacks } = lanesOf({ perDestination: 1 });
    enqueue(1, 100);
    enqueue(2, 3);
    enqueue(3, 1);
    finish(8);
    expect(callbacks()).toEqual([1, 1, 2, 3, 1, 2, 1, 2, 1]);
  });

  it('keep the order of each one’s own deliveries', () => {
    const { lanes, started, finish } = lanesOf({ perDestination: 2 });
    const deliveries = Array.from({ length: 30 }, (_, index) => aDelivery(HOST, index % 3));
    for (const delivery of deliveries) lanes.enqueue(delivery);
    finish(30);
    for (const callbackId of [0, 1, 2]) {
      const own = (all: Delivery[]) => all.filter((delivery) => delivery.callbackId === callbackId);
      expect(own(started)).toEqual(own(deliveries));
    }
  });

  it('each get one of fifty turns beside forty-nine others that have more than enough', () => {
    const { enqueue, finish, callbacks } = lanesOf({ perDestination: 10 });
    for (let callbackId = 1; callbackId <= 50; callbackId++) enqueue(callbackId, 100);
    finish(500);
    const counts = new Map<number, number>();
    for (const callbackId of callbacks()) counts.set(callbackId, (counts.get(callbackId) ?? 0) + 1);
    // The first ten started before the others came.
    expect(counts.size).toBe(50);
    expect(Math.min(...counts.values())).toBeGreaterThanOrEqual(10);
    expect(Math.max(...counts.values())).toBeLessThanOrEqual(20);
  });

  it('do not wait for one that has used up its rate', () => {
    const { lanes, enqueue, finish, callbacks } = lanesOf({ perDestination: 2, takeRate: (callbackId) => (callbackId === 1 ? 60_000 : 0) });
    enqueue(1, 100);
    enqueue(2, 10);
    finish(8);
    expect(callbacks()).toEqual(Array(10).fill(2));
    expect(lanes.load(HOST)).toBe(102);
    finish(2);
    expect(lanes.load(HOST)).toBe(100);
    expect(lanes.inFlight).toBe(0);
    lanes.stop();
  });

  it('go on when their rate lets them', async () => {
    let tokens = 1;
    const { enqueue, callbacks } = lanesOf({ takeRate: () => (tokens-- > 0 ? 0 : 1) });
    enqueue(1, 3);
    expect(callbacks()).toEqual([1]);
    tokens = 1;
    await eventually(() => callbacks().length === 2);
    tokens = 1;
    await eventually(() => callbacks().length === 3);
  });

  it('that waited for their rate and were taken out leave nothing behind', () => {
    const { lanes, enqueue, callbacks } = lanesOf({ takeRate: (callbackId) => (callbackId === 1 ? 60_000 : 0) });
    const waiting = aDelivery(HOST, 1);
    lanes.enqueue(waiting);
    lanes.remove(waiting);
    expect(lanes.load(HOST)).toBe(0);
    expect(lanes.waitingOf(HOST, 1)).toBe(0);
    enqueue(2);
    expect(callbacks()).toEqual([2]);
    lanes.stop();
  });
});

describe('a destination that is found broken', () => {
  it('has all that waits for it disposed of at once, without using up anyone’s rate', () => {
    let isBroken = false;
    let taken = 0;
    const { lanes, enqueue, disposed, started } = lanesOf({
      perDestination: 2,
      takeRate: (callbackId) => (callbackId === 1 ? 60_000 : (taken++, 0)),
      starts: () => !isBroken,
    });
    enqueue(1, 5);
    enqueue(2, 10);
    enqueue(2, 7, 'http://b:80');
    expect(started).toHaveLength(4);
    const takenBefore = taken;
    isBroken = true;
    lanes.flush(HOST);
    lanes.flush('http://unknown:80');
    expect(disposed).toHaveLength(13);
    expect(new Set(disposed.map(({ destination }) => destination))).toEqual(new Set([HOST]));
    expect(taken).toBe(takenBefore);
    expect(lanes.load(HOST)).toBe(2);
    expect(lanes.load('http://b:80')).toBe(7);
    lanes.stop();
  });

  it('begins anew when it is back', () => {
    const { lanes, started, enqueue, world } = lanesOf({ perDestination: 512 });
    enqueue(1, 16);
    for (const { lane } of started) {
      world.nowMs += 10;
      lanes.finished(lane!, 'strained', world.nowMs);
    }
    expect(lanes.capOf(HOST)).toBe(1);
    lanes.reset(HOST);
    expect(lanes.capOf(HOST)).toBe(16);
  });
});

describe('what a destination may have under way', () => {
  it('grows while it answers as fast as ever and more waits for it', () => {
    const { lanes, enqueue, finish } = lanesOf({ perDestination: 512 });
    enqueue(1, 2_000);
    expect(lanes.inFlight).toBe(16);
    finish(16);
    expect(lanes.inFlight).toBe(32);
    finish(32 + 64 + 128 + 256);
    expect(lanes.inFlight).toBe(512);
  });

  it('is shared by the live dispatchers', () => {
    const { lanes, enqueue, world } = lanesOf({ perDestination: 10 });
    world.members = 4;
    enqueue(1, 20);
    expect(lanes.inFlight).toBe(3);
    world.members = 100;
    expect(lanes.capOf(HOST)).toBe(1);
    world.members = 1;
    enqueue(1);
    expect(lanes.inFlight).toBe(10);
  });

  it('is what others leave of the process’ own limit, in turn', () => {
    const { enqueue, finish, started } = lanesOf({ perDestination: 100, total: 10 });
    enqueue(1, 200, 'http://busy:80');
    for (let host = 0; host < 9; host++) enqueue(2, 1, `http://${host}:80`);
    finish(19);
    const others = started.filter(({ destination }) => destination !== 'http://busy:80');
    expect(others).toHaveLength(9);
  });
});
