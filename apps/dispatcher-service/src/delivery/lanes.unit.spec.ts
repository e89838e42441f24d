import { aDelivery } from '../testing/deliveries.js';
import type { Delivery } from './delivery.js';
import { Lanes } from './lanes.js';

function lanesOf(perDestination: number, total: number, starts: (delivery: Delivery) => boolean = () => true) {
  const started: Delivery[] = [];
  const clock = { nowMs: 0 };
  const lanes = new Lanes({
    perDestination,
    total,
    start: (delivery) => {
      const did = starts(delivery);
      if (did) started.push(delivery);
      return did;
    },
    members: () => 1,
    takeRate: () => 0,
    monotonic: () => clock.nowMs,
  });
  return { lanes, started, clock };
}

describe('lanes', () => {
  it('start what was admitted in order, at most so many to a destination at once', () => {
    const { lanes, started } = lanesOf(2, 100);
    const deliveries = Array.from({ length: 5 }, () => aDelivery());
    for (const delivery of deliveries) lanes.enqueue(delivery);
    expect(started).toEqual(deliveries.slice(0, 2));
    lanes.finished(deliveries[0]!.lane!, 'answered', 0);
    expect(started).toEqual(deliveries.slice(0, 3));
    for (const delivery of deliveries.slice(1)) lanes.finished(delivery.lane!, 'answered', 0);
    expect(started).toEqual(deliveries);
    expect(lanes.inFlight).toBe(0);
    expect(lanes.load('http://a:80')).toBe(0);
  });

  it('do not let one destination wait for another', () => {
    const { lanes, started } = lanesOf(1, 100);
    const [a1, a2, b1] = [aDelivery(), aDelivery(), aDelivery('http://b:80')];
    for (const delivery of [a1, a2, b1]) lanes.enqueue(delivery);
    expect(started).toEqual([a1, b1]);
  });

  it('take turns for what the process may have under way', () => {
    const { lanes, started } = lanesOf(10, 2);
    const a = Array.from({ length: 4 }, () => aDelivery());
    const b = Array.from({ length: 4 }, () => aDelivery('http://b:80'));
    for (const delivery of [...a, ...b]) lanes.enqueue(delivery);
    expect(started).toEqual(a.slice(0, 2));
    lanes.finished(a[0]!.lane!, 'answered', 0);
    lanes.finished(a[1]!.lane!, 'answered', 0);
    expect(started).toHaveLength(4);
    expect(started.some(({ destination }) => destination === 'http://b:80')).toBe(true);
    for (let done = 2; done < 8; done++) lanes.finished(started[done]!.lane!, 'answered', 0);
    expect(new Set(started)).toEqual(new Set([...a, ...b]));
    expect(lanes.inFlight).toBe(0);
  });

  it('skip what was taken out', () => {
    const { lanes, started } = lanesOf(1, 10);
    const [first, second, third] = [aDelivery(), aDelivery(), aDelivery()];
    for (const delivery of [first, second, third]) lanes.enqueue(delivery);
    lanes.remove(second);
    lanes.remove(second);
    lanes.finished(first.lane!, 'answered', 0);
    expect(started).toEqual([first, third]);
    lanes.finished(third.lane!, 'answered', 0);
    expect(lanes.load('http://a:80')).toBe(0);
  });

  it('go on with the next when one cannot be started', () => {
    const refused = aDelivery();
    const { lanes, started } = lanesOf(1, 10, (delivery) => delivery !== refused);
    const next = aDelivery();
    lanes.enqueue(refused);
    lanes.enqueue(next);
    expect(started).toEqual([next]);
    expect(lanes.inFlight).toBe(1);
  });

  it('tell a destination that moves from one that stands still', () => {
    const { lanes, started, clock } = lanesOf(10, 100);
    expect(lanes.isBrisk('http://a:80', 1_000)).toBe(true);
    for (let count = 0; count < 110; count++) lanes.enqueue(aDelivery());
    expect(lanes.isBrisk('http://a:80', 1_000)).toBe(true);
    clock.nowMs = 300;
    // Nothing has come back since it began.
    expect(lanes.isBrisk('http://a:80', 1_000)).toBe(false);
    for (let done = 0; done < 50; done++) {
      clock.nowMs += 10;
      lanes.finished(started[done]!.lane!, 'answered', 0);
    }
    // 50 wait, 100 a second end.
    expect(lanes.isBrisk('http://a:80', 1_000)).toBe(true);
    expect(lanes.isBrisk('http://a:80', 300)).toBe(false);
    clock.nowMs += 600;
    expect(lanes.isBrisk('http://a:80', 1_000)).toBe(false);
  });

  it('end a request that ends while it is being started', () => {
    const { lanes } = lanesOf(1, 1, (delivery) => {
      lanes.finished(delivery.lane!, 'answered', 0);
      return true;
    });
    for (let count = 0; count < 10_000; count++) lanes.enqueue(aDelivery());
    expect(lanes.inFlight).toBe(0);
    expect(lanes.load('http://a:80')).toBe(0);
  });
});
