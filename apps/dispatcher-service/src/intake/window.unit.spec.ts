import { aDelivery } from '../testing/deliveries.js';
import { Window } from './window.js';

describe('the window', () => {
  const limits = { deliveries: 4, bytes: 100, destinationShare: 0.5 };

  it('counts what it holds, whole and per destination', () => {
    const window = new Window(limits);
    const deliveries = [aDelivery(), aDelivery(), aDelivery(), aDelivery('http://b:80')];
    for (const delivery of deliveries) window.hold(delivery);
    expect(window.free).toBe(0);
    expect(window.isShareFull('http://a:80')).toBe(true);
    expect(window.isShareFull('http://b:80')).toBe(false);
    window.release(deliveries[0]!);
    window.release(deliveries[0]!);
    expect(window.free).toBe(1);
    expect(window.isShareFull('http://a:80')).toBe(false);
  });

  it('knows what is in hand until it is let go, whether it takes room or not', () => {
    const window = new Window(limits);
    const [held, parked] = [aDelivery(), aDelivery()];
    window.hold(held);
    window.take(parked);
    expect(window.held).toBe(1);
    expect(window.get(held.id)).toBe(held);
    expect(window.get(parked.id)).toBe(parked);
    window.release(held);
    expect(window.get(held.id)).toBe(held);
    window.letGo(held);
    window.release(parked);
    window.letGo(parked);
    expect(window.size).toBe(0);
    expect(window.held).toBe(0);
  });

  it('bounds the bytes of events, but takes any one event', () => {
    const window = new Window(limits);
    expect(window.hasBytesFor(1_000)).toBe(true);
    const event = { bytes: 90 };
    window.holdBytes(event);
    expect(window.hasBytesFor(10)).toBe(true);
    expect(window.hasBytesFor(11)).toBe(false);
    window.releaseBytes(event);
    window.releaseBytes(event);
    expect(window.hasBytesFor(100)).toBe(true);
  });
});
